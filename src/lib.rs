//! Bulk resume of the Upstash Workflow dead letter queue.
