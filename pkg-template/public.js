// The exports of every entry besides the client.
export {
  ApiError,
  AuthenticationError,
  CheckpointError,
  DlqError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ResponseFormatError,
  TimeoutError,
  ValidationError,
} from "./errors.js";
