import { routes } from '#shared/http/routes/reservations.ts';
import { reservationAnswer } from '#shared/runtime/answers/reservation.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

export const listReservations: OperationFunction<typeof routes.listReservations> = async (
  { params, query },
  context,
) => {
  const { stores, nowMs } = context;
  const { id } = await chargerFor(context, params.chargerId);
  const [{ items, next }, view] = await Promise.all([
    stores.reservations.listReservations(id, query.limit, query.next),
    stores.chargers.viewCharger(id),
  ]);
  const statuses = view?.statuses ?? [];
  return {
    status: 200,
    body: { items: items.map((each) => reservationAnswer(each, statuses, nowMs)), next: next ?? null },
  };
};

export const handler = httpHandler('listReservations', routes.listReservations, listReservations);
