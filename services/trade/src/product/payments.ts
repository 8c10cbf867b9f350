import { AppError, type Participation, type PaymentStatus, type Product, type ReportPayment } from '@gongu/shared';
import type { ParticipationStore } from './ports/participation-store.ts';
import type { Trace } from './ports/trace.ts';

/** What a shop's back end says of payments. Errors are AppErrors of the contract. */
export function createPayments({ store }: { store: Pick<ParticipationStore, 'reportPayment'> }) {
  return {
    /**
     * The same report again changes nothing.
     *
     * @throws NOT_FOUND, PAYMENT_NOT_DUE (what is held has to be released), AMOUNT_REFUSED, ILLEGAL_TRANSITION
     */
    async report(productId: string, userId: string, report: ReportPayment, trace: Trace): Promise<Participation> {
      const reported = await store.reportPayment(productId, userId, report, trace);
      switch (reported.outcome) {
        case 'ok':
          return reported.participation;
        case 'not_found':
          throw new AppError('NOT_FOUND', { detail: 'There is no such product' });
        case 'absent':
          throw new AppError('NOT_FOUND', { detail: 'There is no such payment' });
        case 'not_due':
          throw new AppError('PAYMENT_NOT_DUE', { detail: 'The place is gone; release what is held' });
        case 'less':
          throw amountRefused(`must be at least ${reported.participation.payable.amount}, which is payable`);
        case 'more':
          throw amountRefused(`must be at most ${reported.participation.payment?.amount}, which was authorised`);
        case 'illegal': {
          const { payment } = reported.participation;
          throw new AppError('ILLEGAL_TRANSITION', {
            detail: `A payment that is ${payment?.status} of a product that is ${reported.product.status} can not become ${report.status}`,
            allowed: payment === null ? [] : nextOf(payment.status, reported.product),
          });
        }
      }
    },
  };
}
export type Payments = ReturnType<typeof createPayments>;

function amountRefused(message: string): AppError {
  return new AppError('AMOUNT_REFUSED', { detail: `amount ${message}`, errors: [{ path: 'amount', message }] });
}

/** What may follow, as report_payment judges it. */
function nextOf(status: PaymentStatus, { status: product }: Product): PaymentStatus[] {
  if (product === 'RECRUITING') {
    if (status === 'PENDING') return ['AUTHORIZED', 'FAILED'];
    if (status === 'FAILED') return ['AUTHORIZED'];
    return status === 'AUTHORIZED' ? ['FAILED'] : [];
  }
  if (status === 'CAPTURED') return ['REFUNDED'];
  if (status !== 'AUTHORIZED') return [];
  return product === 'CLOSED' ? ['CAPTURED', 'RELEASED', 'FAILED'] : ['RELEASED', 'FAILED'];
}
