from __future__ import annotations
from dataclasses import dataclass
from datetime import timedelta
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
T = timedelta(minutes=1)
@dataclass
class AgentArgs:
    prompt: str
    run_id: str | None = None
@dataclass
class Args:
    agent_args: AgentArgs
@dataclass
class Prepared:
    workflow_args: Args | None = None
@activity.defn
async def prepare(x: str) -> Prepared: ...
@activity.defn
async def work(x: str) -> None: ...
@workflow.defn
class Child:
    @workflow.run
    async def run(self, a: Args) -> str: return ""
@workflow.defn
class Flow:
    @workflow.run
    async def run(self, x: str) -> None:
        stage = "prepare"
        try:
            prepared = await workflow.execute_activity(prepare, x, start_to_close_timeout=T)
            if prepared.workflow_args is None:
                return
            run_id = prepared.workflow_args.agent_args.run_id
            if run_id is None:
                raise ApplicationError("no run id", non_retryable=True)
            stage = "turn"
            await workflow.execute_child_workflow(Child.run, prepared.workflow_args, id=f"agent/{run_id}")
            await workflow.execute_activity(work, x, start_to_close_timeout=T)
        except Exception as e:
            await workflow.execute_activity(work, stage, start_to_close_timeout=T)
            raise
