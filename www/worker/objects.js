// The Worker's durable objects: one for each job, one for the list of them, one for sessions.

/** @returns {import("./job.js").Job} */
export const job = (env, id) => env.JOBS.get(env.JOBS.idFromName(id));
/** @returns {import("./register.js").Register} */
export const register = (env) => env.REGISTER.get(env.REGISTER.idFromName("register"));
/** @returns {import("./sessions.js").Sessions} */
export const sessions = (env) => env.SESSIONS.get(env.SESSIONS.idFromName("sessions"));
