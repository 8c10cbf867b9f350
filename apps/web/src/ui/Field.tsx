import { type ReactNode, useId } from 'react';

/** What a control in a field has to be given. */
export interface ControlProps {
  readonly id: string;
  readonly name: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string | undefined;
}

export interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  /** What is allowed, where what is written is not; else null. */
  readonly rule: string | null;
  readonly children: (control: ControlProps) => ReactNode;
}

/** A control with its name, and the rule that it breaks. */
export function Field({ name, label, hint, rule, children }: FieldProps) {
  const id = useId();
  const described = [rule !== null && `${id}-rule`, hint !== undefined && `${id}-hint`].filter((one) => one !== false);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        name,
        'aria-invalid': rule !== null,
        'aria-describedby': described.length > 0 ? described.join(' ') : undefined,
      })}
      {rule !== null && (
        <small id={`${id}-rule`} className="rule">
          {label}: {rule}
        </small>
      )}
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}
