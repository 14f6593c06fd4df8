/** The error codes of OCPP-J 1.6, with both of its odd spellings (J 4.2.3; JE 5.1, 5.2). */
export const errorCodes = [
  'NotImplemented',
  'NotSupported',
  'InternalError',
  'ProtocolError',
  'SecurityError',
  'FormationViolation',
  'PropertyConstraintViolation',
  'OccurenceConstraintViolation',
  'TypeConstraintViolation',
  'GenericError',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** A refusal that reaches the charger as CALLERROR. The description names the field and the rule, never an inner detail. */
export class OcppError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, description: string) {
    super(description);
    this.name = 'OcppError';
    this.code = code;
  }
}
