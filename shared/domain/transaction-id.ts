/** Ids are drawn from here up: small numbers may have been given out by a former central system, or by a charger itself. */
export const FIRST_ISSUED = 2 ** 24;

/** Protocols that number their transactions do so in 32 bits with a sign. */
export const LAST_ISSUED = 2 ** 31 - 1;

/** Whether a charger's transaction can be one of ours; all others are its own inventions, however many digits they have. */
export const wasPossiblyIssued = (id: string): boolean =>
  /^[1-9]\d{0,9}$/.test(id) && Number(id) >= FIRST_ISSUED && Number(id) <= LAST_ISSUED;
