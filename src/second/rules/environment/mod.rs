//! Rules about what the worker's process is made of.

pub(super) mod gevent_patching;
