// Our client, by each of the ways that are compared.

const DRIVES = {
  pages: {},
  "pages 8": { concurrency: 8 },
  "batches 8": { strategy: "batches", concurrency: 8 },
};

/** A subject of a build: `prepare` resumes everything, and answers how many that were. */
export const drivesOf = (Client, names = (subject) => subject) => {
  /** @returns {() => Promise<number>} */
  return ({ subject, url, token }) => {
    const client = new Client({ baseUrl: url, token }, {});
    const drive = DRIVES[names(subject)];
    return async () => (await client.dlq.resumeAll({ all: true }, {}, drive)).resumed;
  };
};
