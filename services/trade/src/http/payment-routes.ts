import { type FairQueue, type Http, OF_ONE_KIND, OF_WRITER, problems, traceOf } from '@gongu/host';
import { Participation, ReportPayment, RoomId, UserId } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Payments } from '../product/payments.ts';

export interface PaymentRoutesOptions {
  payments: Payments;
  /** In which reports take their turn: those of one product need one connection together. */
  purchases: FairQueue;
  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN (no back end, or without that scope) */
  requireShop: (request: FastifyRequest) => Promise<unknown>;
}

const PaymentPath = z.object({ id: RoomId, userId: UserId });

/** What a shop's back end says of payments. */
export function paymentRoutes(app: Http, { payments, requireShop, purchases }: PaymentRoutesOptions): void {
  app.put(
    '/api/products/:id/participations/:userId/payment',
    {
      config: { queued: purchases },
      schema: {
        tags: ['participations'],
        security: [{ shop: [] }],
        operationId: 'reportPayment',
        summary: "Say what became of a payment; for the shop's back end, with the scope payments",
        description: 'The same again changes nothing. PAYMENT_NOT_DUE: the place is gone, release what is held.',
        params: PaymentPath,
        body: ReportPayment,
        response: {
          200: Participation,
          ...problems(
            ...OF_ONE_KIND,
            ...OF_WRITER,
            'NOT_FOUND',
            'PAYMENT_NOT_DUE',
            'AMOUNT_REFUSED',
            'ILLEGAL_TRANSITION',
          ),
        },
      },
    },
    async (request) => {
      await requireShop(request);
      const { id, userId } = request.params;
      return payments.report(id, userId, request.body, traceOf(request));
    },
  );
}
