import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { codeOf } from '../api/api-error.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useNavigate, useSearchParams } from '../routing/Router.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { shownName } from '../session/session.ts';
import { Failure } from '../ui/Failure.tsx';
import { Field } from '../ui/Field.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { safePath } from '../ui/paths.ts';

/** One field: a nickname. Or no field at all, as a guest. */
export function SignInPage() {
  const strings = useStrings();
  const { session, signIn, enterAsGuest } = useServices();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const next = safePath(params.get('next'));
  const [nickname, setNickname] = useState('');
  const [seller, setSeller] = useState(next.startsWith('/sell'));
  // Who is signed in already stays that elsewhere, unless he says otherwise. A guest becomes somebody.
  const isAnother = session?.kind === 'user';
  const [apart, setApart] = useState(isAnother);
  const [isWrong, setIsWrong] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const onSuccess = () => void navigate(next, { replace: true });
  const asUser = useMutation({ mutationFn: () => signIn(nickname.trim(), seller, apart && isAnother), onSuccess });
  const asGuest = useMutation({ mutationFn: enterAsGuest, onSuccess });
  const failed = asUser.error ?? asGuest.error;
  const isOff = codeOf(asUser.error) === 'NOT_FOUND' && asUser.isError;

  function submit(event: FormEvent): void {
    event.preventDefault();
    asGuest.reset();
    if (nickname.trim() !== '') return asUser.mutate();
    asUser.reset();
    setIsWrong(true);
    field.current?.focus();
  }
  return (
    <div className="page narrow">
      <PageTitle text={`${strings.signInTitle} · ${strings.shop}`} />
      <h1>{strings.signInTitle}</h1>
      <p>{isAnother ? strings.signInAnother(shownName(session)) : strings.signInText}</p>
      <form className="panel" noValidate onSubmit={submit}>
        {isOff ? (
          <p className="failure" role="alert">
            {strings.noSignIn}
          </p>
        ) : (
          failed && <Failure error={failed} />
        )}
        <Field name="nickname" label={strings.nickname} rule={isWrong ? strings.rules.nickname : null}>
          {(control) => (
            <input
              {...control}
              ref={field}
              value={nickname}
              maxLength={32}
              required
              autoComplete="nickname"
              onChange={(event) => {
                setIsWrong(false);
                setNickname(event.target.value);
              }}
            />
          )}
        </Field>
        <label className="check">
          <input type="checkbox" checked={seller} onChange={(event) => setSeller(event.target.checked)} />
          {strings.wantsToSell}
        </label>
        {isAnother && (
          <label className="check">
            <input type="checkbox" checked={apart} onChange={(event) => setApart(event.target.checked)} />
            {strings.thisWindowOnly}
          </label>
        )}
        <button type="submit" className="primary" disabled={asUser.isPending}>
          {asUser.isPending ? strings.signingIn : strings.signIn}
        </button>
      </form>
      <p className="or">{strings.or}</p>
      <button
        type="button"
        disabled={asGuest.isPending}
        onClick={() => {
          asUser.reset();
          asGuest.mutate();
        }}
      >
        {asGuest.isPending ? strings.entering : strings.enterAsGuest}
      </button>
      <p className="hint">{strings.guestHint}</p>
    </div>
  );
}
