// What every entry exports besides the client.
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
