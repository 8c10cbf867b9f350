/** Three parts, the first of which begins with `{"`: a signed token, whosever it is. */
const TOKEN = /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)?/g;

/**
 * Looks for tokens and secrets in lines of logs. Returns the line with what was found taken out; null when it is clean.
 *
 * @param secrets asked for each line: tickets and tokens are made as the run goes on
 */
export function createLeakFinder(secrets: () => Iterable<string>): (line: string) => string | null {
  return (line) => {
    let clean = line.replace(TOKEN, '[token]');
    for (const secret of secrets()) if (clean.includes(secret)) clean = clean.replaceAll(secret, '[secret]');
    return clean === line ? null : clean;
  };
}
