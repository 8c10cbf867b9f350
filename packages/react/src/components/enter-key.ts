/** As much of a keyboard event as decides. */
export interface EnterEvent {
  readonly key: string;
  readonly keyCode: number;
  readonly isComposing: boolean;
  readonly shiftKey: boolean;
}

/**
 * Tells a press of Enter that means "send" from one that ends the composition of a syllable. Input methods differ:
 *
 * - While composing, Enter comes as key code 229 or with `isComposing`; both mean the input method, not the person.
 * - Chrome on macOS then sends a second keydown, a real one, for the same press: that is the one that sends.
 * - Safari ends the composition before the keydown, which then is not `isComposing` but still 229.
 * - Where no real keydown follows (Safari, Android), the browser asks to insert a line break: `beforeinput` of type
 *   `insertLineBreak`. Japanese and Chinese, where Enter only picks a candidate, get neither, and nothing is sent.
 *
 * A keydown that sends prevents its default, and with it the `beforeinput`, so one press sends once.
 */
export function createEnterKey() {
  let isShift = false;
  let isComposing = false;
  return {
    /** Whether this keydown sends. */
    keydown(event: EnterEvent): boolean {
      isShift = event.shiftKey;
      if (event.key !== 'Enter' && event.keyCode !== 13) return false;
      return !event.shiftKey && !event.isComposing && !isComposing && event.keyCode !== 229;
    },
    /** Whether this `beforeinput` sends. */
    beforeInput({
      inputType,
      isComposing: composes,
    }: {
      readonly inputType: string;
      readonly isComposing: boolean;
    }): boolean {
      if (inputType !== 'insertLineBreak' && inputType !== 'insertParagraph') return false;
      return !isShift && !composes && !isComposing;
    },
    compositionStart(): void {
      isComposing = true;
    },
    compositionEnd(): void {
      isComposing = false;
    },
  };
}
