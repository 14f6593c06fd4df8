import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { idTagInfo, idToken, sentDateTime } from './types.ts';

/** S 7.1. An entry without idTagInfo takes the tag off the list, which only a differential list can mean. */
const authorizationData = z.strictObject({
  idTag: idToken,
  idTagInfo: idTagInfo.extend({ expiryDate: sentDateTime.optional() }).optional(),
});

/** The list of tags that the charger knows by itself, whole or what has changed in it (S 5.15, 6.41, 6.42). */
export const SendLocalList = defineAction('SendLocalList', {
  section: '5.15',
  request: z
    .strictObject({
      /** Never 0 or negative: those say that there is no list (E 3.52). */
      listVersion: z.int32().min(1),
      localAuthorizationList: z.array(authorizationData).optional(),
      updateType: z.enum(['Differential', 'Full']),
    })
    .superRefine(({ localAuthorizationList = [], updateType }, context) => {
      if (updateType !== 'Full') return;
      for (const [place, { idTagInfo }] of localAuthorizationList.entries()) {
        if (idTagInfo) continue;
        const path = ['localAuthorizationList', place, 'idTagInfo'];
        context.addIssue({ code: 'custom', path, message: 'due in a full list' });
      }
    }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Failed', 'NotSupported', 'VersionMismatch']) }),
});
