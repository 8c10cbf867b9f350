import { AppError, type Product, type ProductStatus } from '@gongu/shared';

/** The states that may follow. Both ends are final. */
export const NEXT: Readonly<Record<ProductStatus, readonly ProductStatus[]>> = {
  RECRUITING: ['CLOSED', 'CANCELLED'],
  CLOSED: [],
  CANCELLED: [],
};

/** Why nobody can buy a product that has ended or is full; the same before and after a scheduler noticed its deadline. */
export function cannotBuy(product: Product): AppError {
  if (product.reason === 'FULL' || product.status === 'RECRUITING') return new AppError('CAP_REACHED');
  return cannotChange(product);
}

/** Why a product that has ended can't be edited, nor a purchase changed or withdrawn. */
export function cannotChange({ status, reason }: Product): AppError {
  if (reason === 'DEADLINE' || reason === 'UNDERFILLED') return new AppError('DEADLINE_PASSED');
  return new AppError('NOT_RECRUITING', { detail: `The product is ${status}` });
}

/** Why a product can't become `wanted`. */
export function cannotBecome(wanted: ProductStatus, { status }: Product): AppError {
  return new AppError('ILLEGAL_TRANSITION', {
    detail: `A ${status} product can not become ${wanted}`,
    allowed: NEXT[status],
  });
}
