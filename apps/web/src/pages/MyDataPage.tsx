import { useMutation, useQuery } from '@tanstack/react-query';
import { ApiError } from '../api/api-error.ts';
import { fetchJson } from '../api/http.ts';
import { type DataStrings, dataStrings } from '../i18n/data-strings.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { Link } from '../routing/Link.tsx';
import { useSearchParams } from '../routing/Router.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import type { Session } from '../session/session.ts';
import { AskFirst } from '../ui/AskFirst.tsx';
import { Failure } from '../ui/Failure.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { signInPath } from '../ui/paths.ts';

/** Of the query: the removal that one has begun. */
const REMOVAL = 'removal';

/** What the shop has of one, to be taken along; and what becomes of it where it is deleted. */
export function MyDataPage() {
  const strings = useStrings();
  const texts = dataStrings(strings.locale);
  const { session } = useServices();
  // Who is deleted is signed out, and still told how far it is, also after the page was loaded anew.
  const [params, setParams] = useSearchParams();
  const removal = params.get(REMOVAL);
  return (
    <div className="page">
      <PageTitle text={`${texts.title} · ${strings.shop}`} />
      <h1>{texts.title}</h1>
      {removal !== null ? (
        <Removal id={removal} />
      ) : session?.kind === 'user' ? (
        <>
          <p>{texts.intro}</p>
          <Download of={session} from="trade" />
          <Download of={session} from="chat" />
          <h2>{texts.erasure}</h2>
          {texts.erased.map((text) => (
            <p key={text}>{text}</p>
          ))}
          <Remove onBegun={(id) => setParams({ [REMOVAL]: id }, { replace: true })} />
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

/** Asks the shop's back end to delete one, where it does that. */
function Remove({ onBegun }: { readonly onBegun: (id: string) => void }) {
  const strings = useStrings();
  const texts = dataStrings(strings.locale);
  const { payUrl, token, signOut } = useServices();
  const remove = useMutation({
    mutationFn: () => fetchJson<{ id: string }>(`${payUrl}/me/delete`, { method: 'POST', token }),
    onSuccess({ id }) {
      onBegun(id);
      signOut();
    },
  });
  const code = remove.error instanceof ApiError ? remove.error.code : null;
  if (payUrl === null || code === 'NOT_FOUND') return <p>{texts.askShop}</p>;
  return (
    <div className="row">
      <AskFirst
        label={texts.remove}
        isDanger
        title={texts.removeTitle}
        text={texts.removeText}
        yes={remove.isPending ? texts.removing : texts.removeReally}
        isPending={remove.isPending}
        error={code === 'CONFLICT' ? null : remove.error}
        onYes={() => remove.mutate()}
      >
        {code === 'CONFLICT' && <p role="alert">{texts.removal.REFUSED}</p>}
      </AskFirst>
    </div>
  );
}

function Removal({ id }: { readonly id: string }) {
  const texts = dataStrings(useStrings().locale);
  const { payUrl } = useServices();
  const { data, error, refetch } = useQuery({
    queryKey: ['removal', id],
    queryFn: ({ signal }) =>
      fetchJson<{ status: keyof DataStrings['removal'] }>(`${payUrl}/me/delete/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state }) => (isEnd(state.data?.status) ? false : 2_000),
  });
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  return <p role="status">{texts.removal[data?.status ?? 'RUNNING']}</p>;
}

const isEnd = (status: keyof DataStrings['removal'] | undefined) => status === 'DONE' || status === 'REFUSED';
