import { useMutation } from '@tanstack/react-query';
import { fetchJson } from '../api/http.ts';
import { dataStrings } from '../i18n/data-strings.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { Link } from '../routing/Link.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import type { Session } from '../session/session.ts';
import { Failure } from '../ui/Failure.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { signInPath } from '../ui/paths.ts';

/** What the shop has of one, to be taken along; and what becomes of it where it is deleted. */
export function MyDataPage() {
  const strings = useStrings();
  const texts = dataStrings(strings.locale);
  const { session } = useServices();
  return (
    <div className="page">
      <PageTitle text={`${texts.title} · ${strings.shop}`} />
      <h1>{texts.title}</h1>
      {session?.kind === 'user' ? (
        <>
          <p>{texts.intro}</p>
          <Download of={session} from="trade" />
          <Download of={session} from="chat" />
          <h2>{texts.erasure}</h2>
          {texts.erased.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </>
      ) : (
        <div className="empty">
          <p>{texts.signIn}</p>
          <Link className="button primary" to={signInPath('/my-data')}>
            {strings.signIn}
          </Link>
        </div>
      )}
    </div>
  );
}

interface DownloadProps {
  readonly of: Session;
  readonly from: 'trade' | 'chat';
}

function Download({ of: { userId }, from }: DownloadProps) {
  const strings = useStrings();
  const texts = dataStrings(strings.locale);
  const { chatUrl, trade, token } = useServices();
  const file = useMutation({
    async mutationFn() {
      const path = `/api/${from}/users/${encodeURIComponent(userId)}/export`;
      const text =
        from === 'trade'
          ? await trade.call<string>(path, { isText: true })
          : await fetchJson<string>(chatUrl + path, { token, isText: true });
      const url = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
      Object.assign(document.createElement('a'), { href: url, download: `${from}.ndjson` }).click();
      URL.revokeObjectURL(url);
    },
  });
  return (
    <p>
      <button type="button" disabled={file.isPending} onClick={() => file.mutate()}>
        {file.isPending ? texts.downloading : texts.download[from]}
      </button>
      {file.error && <Failure error={file.error} />}
    </p>
  );
}
