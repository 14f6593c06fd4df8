/** The organisation of everything until people come who bring their own. */
export const defaultOrganisation = 'default';
