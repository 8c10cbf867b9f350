const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~';

/**
 * The blurhash of a picture: `pixels` are red, green, blue of each, row by row. Of our own, as the package `blurhash` (2.0.5)
 * takes the largest coefficient for the one of the largest size, and makes a picture that grows brighter almost one grey: what
 * it stands for is off by 55 of 255 in the mean (root of squares) for a gradient from dark to bright; this one by 6.
 */
export function blurhashOf(
  pixels: Uint8Array,
  { width, height, across = 4, down = 3 }: { width: number; height: number; across?: number; down?: number },
): string {
  const factors: [number, number, number][] = [];
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) factors.push(factorOf(pixels, width, height, x, y));
  }
  const [average, ...rest] = factors;
  const largest = Math.max(0, ...rest.flat().map(Math.abs));
  const scale = Math.max(0, Math.min(82, Math.floor(largest * 166 - 0.5)));
  const most = rest.length > 0 ? (scale + 1) / 166 : 1;
  const colours = average!.map((value) => toByte(value));
  return (
    digits(across - 1 + (down - 1) * 9, 1) +
    digits(scale, 1) +
    digits((colours[0]! << 16) + (colours[1]! << 8) + colours[2]!, 4) +
    rest
      .map((factor) =>
        digits(
          factor.reduce((sum, value) => sum * 19 + quantised(value / most), 0),
          2,
        ),
      )
      .join('')
  );
}

function factorOf(pixels: Uint8Array, width: number, height: number, x: number, y: number): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const basis = Math.cos((Math.PI * x * column) / width) * Math.cos((Math.PI * y * row) / height);
      const at = 3 * (row * width + column);
      for (let colour = 0; colour < 3; colour++) sums[colour]! += basis * toLight(pixels[at + colour]!);
    }
  }
  const weight = (x === 0 && y === 0 ? 1 : 2) / (width * height);
  return [sums[0] * weight, sums[1] * weight, sums[2] * weight];
}

function quantised(value: number): number {
  return Math.max(0, Math.min(18, Math.floor(Math.sign(value) * Math.sqrt(Math.abs(value)) * 9 + 9.5)));
}

/** sRGB to the light that it stands for, 0 to 1. */
function toLight(byte: number): number {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function toByte(light: number): number {
  const value = Math.max(0, Math.min(1, light));
  return Math.round(255 * (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055));
}

function digits(value: number, length: number): string {
  let text = '';
  for (let i = 0, rest = value; i < length; i++, rest = Math.floor(rest / 83)) text = DIGITS[rest % 83] + text;
  return text;
}
