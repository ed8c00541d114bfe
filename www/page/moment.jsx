// A moment in few words, with the exact time in its title.

import { time } from "./text.js";
import { isMoment } from "./zone.js";

/** @param {{ at: number, children: any }} props `at`: ms; nothing is shown where it is no date */
export const Moment = ({ at, children }) =>
  isMoment(at) ? (
    <time dateTime={new Date(at).toISOString()} title={time(at)}>
      {children}
    </time>
  ) : undefined;
