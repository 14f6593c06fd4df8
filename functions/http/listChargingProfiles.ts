import { profilesOfNow } from '#shared/domain/profile-changes.ts';
import { routes } from '#shared/http/routes/charging-profiles.ts';
import { profileAnswer } from '#shared/runtime/answers/charging-profile.ts';
import { profilesAndSessions } from '#shared/runtime/charging-profiles.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

export const listChargingProfiles: OperationFunction<typeof routes.listChargingProfiles> = async (
  { params },
  context,
) => {
  const charger = await chargerFor(context, params.chargerId);
  const { changes, open } = await profilesAndSessions(context.stores, charger.id);
  return { status: 200, body: { items: profilesOfNow(changes, open).map(profileAnswer) } };
};

export const handler = httpHandler('listChargingProfiles', routes.listChargingProfiles, listChargingProfiles);
