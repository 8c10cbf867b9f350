import { type RefObject, useCallback, useEffect } from 'react';

/**
 * A field as high as its text, where the browser has no `field-sizing` for it.
 *
 * @returns to be called when its text has changed
 */
export function useGrowingField(field: RefObject<HTMLTextAreaElement | null>, isThere: boolean): () => void {
  const grow = useCallback(() => {
    const element = field.current;
    if (!element || CSS.supports('field-sizing', 'content')) return;
    element.style.height = 'auto';
    const bordersPx = element.offsetHeight - element.clientHeight;
    // Hidden, it has no height to go by.
    if (element.scrollHeight > 0) element.style.height = `${element.scrollHeight + bordersPx}px`;
  }, [field]);
  useEffect(() => {
    const element = isThere ? field.current : null;
    if (!element || CSS.supports('field-sizing', 'content')) return;
    // In another width the text breaks into other lines.
    let widthPx = 0;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === widthPx) return;
      widthPx = element.clientWidth;
      grow();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [field, isThere, grow]);
  return grow;
}
