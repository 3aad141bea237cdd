//! Programs that have nothing to do with the one that is looked at: each with a workflow, an activity and a worker, whose
//! settings are others than those by default; and one that only has a worker, which registers what it is given.

const NEIGHBOUR: &str = "\
import time
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker


class NAMEClock:
    def now(self) -> float:
        return time.time()


@activity.defn(name=\"NAME-measure\")
def NAME_measure(order: str) -> float:
    return NAMEClock().now()


@workflow.defn(name=\"NAME-flow\")
class NAMEFlow:
    @workflow.run
    async def run(self, order: str) -> float:
        return await workflow.execute_activity(
            NAME_measure, order, start_to_close_timeout=timedelta(minutes=1)
        )


def NAME_worker(client):
    return Worker(
        client,
        task_queue=\"NAME\",
        workflows=[NAMEFlow],
        activities=[NAME_measure],
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_failure_exception_types=[Exception],
    )
";

/// A worker that registers what it is given, whose own program defines nothing.
const OPEN_WORKER: &str = "\
from temporalio.worker import UnsandboxedWorkflowRunner, Worker


def worker(client, found, queue):
    return Worker(
        client,
        task_queue=queue,
        workflows=found,
        activities=found,
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_failure_exception_types=[Exception],
    )
";

/// Programs that are walked before all others, and one that is walked after.
pub(super) fn files() -> Vec<(String, String)> {
    let program = |folder: &str, name: &str| (format!("{folder}/{name}_program.py"), NEIGHBOUR.replace("NAME", name));
    let open_worker = ("AA_open/worker_program.py".to_owned(), OPEN_WORKER.to_owned());
    vec![program("AA_before", "Early"), open_worker, program("zz_after", "Late")]
}
