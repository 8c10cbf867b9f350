import { useMemo } from 'react';
import { englishTools } from '../strings/english-tools.ts';
import { koreanTools } from '../strings/korean-tools.ts';
import { type AllStrings, useChat } from './chat-context.ts';

/** All texts of the provider above: for parts that are loaded with their first use. */
export function useToolStrings(): AllStrings {
  const { strings, language, own } = useChat();
  return useMemo(
    () => ({ ...strings, ...(language === 'ko' ? koreanTools : englishTools), ...own }),
    [strings, language, own],
  );
}
