export { installJobs } from './boss.ts';
export { inSteps } from './in-steps.ts';
export { FinalFailure, type Job } from './job.ts';
export { findJob, type JobState, listFailed, listJobs, listQueues, type QueueState } from './job-states.ts';
export { retryJob, sendJob } from './send-job.ts';
export { startJobs } from './start-jobs.ts';
