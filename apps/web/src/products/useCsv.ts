import { useMutation } from '@tanstack/react-query';
import { useServices } from '../session/SessionProvider.tsx';

/**
 * Downloads a file that trade makes. The browser can't ask for it itself: trade wants the token.
 *
 * @param path with its query
 * @param name of the file
 */
export function useCsv(path: string, name: string) {
  const { trade } = useServices();
  return useMutation({
    async mutationFn() {
      const text = await trade.call<string>(path, { isText: true });
      const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
      Object.assign(document.createElement('a'), { href: url, download: name }).click();
      URL.revokeObjectURL(url);
    },
  });
}
