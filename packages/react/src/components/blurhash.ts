const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~';

/** Draws what a blurhash stands for, as large as the canvas is; nothing where it is none. */
export function drawBlurhash(canvas: HTMLCanvasElement, hash: string): void {
  const { width, height } = canvas;
  const context = canvas.getContext('2d');
  const size = digits(hash.slice(0, 1));
  const [across, down] = [(size % 9) + 1, Math.floor(size / 9) + 1];
  if (!context || hash.length !== 4 + 2 * across * down) return;
  const most = (digits(hash.slice(1, 2)) + 1) / 166;
  const average = digits(hash.slice(2, 6));
  const factors = [[average >> 16, (average >> 8) & 255, average & 255].map(toLight)];
  for (let i = 1; i < across * down; i++) {
    const value = digits(hash.slice(4 + i * 2, 6 + i * 2));
    factors.push(
      [Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19].map((part) => {
        const signed = (part - 9) / 9;
        return Math.sign(signed) * signed * signed * most;
      }),
    );
  }
  const image = context.createImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sums = [0, 0, 0];
      factors.forEach((factor, i) => {
        const basis =
          Math.cos((Math.PI * x * (i % across)) / width) * Math.cos((Math.PI * y * Math.floor(i / across)) / height);
        for (let colour = 0; colour < 3; colour++) sums[colour]! += factor[colour]! * basis;
      });
      image.data.set([...sums.map(toByte), 255], 4 * (y * width + x));
    }
  }
  context.putImageData(image, 0, 0);
}

function digits(text: string): number {
  return [...text].reduce((sum, digit) => sum * 83 + DIGITS.indexOf(digit), 0);
}

function toLight(byte: number): number {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function toByte(light: number): number {
  const value = Math.max(0, Math.min(1, light));
  return Math.round(255 * (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055));
}
