import { onlineManager } from '@tanstack/react-query';
import { Component, type ReactNode, Suspense } from 'react';
import { Failure } from '../ui/Failure.tsx';
import { Loading } from '../ui/Loading.tsx';
import { MissingPart } from './separate-part.tsx';

export interface PartBoundaryProps {
  readonly children: ReactNode;
  /** Changes when something else is shown; what has failed before is then forgotten. */
  readonly of: string;
  /** Shows nothing while its parts load, and nothing when they do not come. */
  readonly isQuiet?: boolean;
}

interface State {
  readonly error: unknown;
  /** How often it has failed since something else was shown. */
  readonly failures: number;
}

const FINE: State = { error: null, failures: 0 };

/** Waits for parts of the page whose files are still to come, and says so when they do not, or when one of them breaks. */
export class PartBoundary extends Component<PartBoundaryProps, State> {
  override readonly state: State = FINE;
  #stop = () => {};

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error };
  }

  override componentDidMount(): void {
    this.#stop = onlineManager.subscribe((isOnline) => {
      if (isOnline && this.state.error instanceof MissingPart) this.#again();
    });
  }

  override componentDidCatch(): void {
    this.setState(({ failures }) => ({ failures: failures + 1 }));
  }

  override componentDidUpdate({ of }: PartBoundaryProps): void {
    if (of !== this.props.of && this.state !== FINE) this.setState(FINE);
  }

  override componentWillUnmount(): void {
    this.#stop();
  }

  override render(): ReactNode {
    const { children, isQuiet = false } = this.props;
    const { error } = this.state;
    if (error !== null) return isQuiet ? null : <Failure error={error} retry={() => this.#tryAgain()} />;
    return <Suspense fallback={isQuiet ? null : <Loading />}>{children}</Suspense>;
  }

  #tryAgain(): void {
    // The site may have been built anew meanwhile: its files then have other names, which only a new page knows.
    if (this.state.failures > 1 && onlineManager.isOnline()) location.reload();
    else this.#again();
  }

  #again(): void {
    const { error } = this.state;
    if (error instanceof MissingPart) error.forget();
    this.setState({ error: null });
  }
}
