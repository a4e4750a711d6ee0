/** Photos from the camera, made small on the phone before they are kept. */

export const LONGEST_SIDE = 1600
const QUALITY = 0.82

/** Size of a picture once its longer side is at most `longest`. */
export function fitted(width: number, height: number, longest = LONGEST_SIDE): [number, number] {
  const share = Math.min(1, longest / Math.max(width, height))
  return [Math.max(1, Math.round(width * share)), Math.max(1, Math.round(height * share))]
}

export async function shrink(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const [width, height] = fitted(picture.width, picture.height)
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  canvas.getContext('2d')?.drawImage(picture, 0, 0, width, height)
  picture.close()
  const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
  if (!made) throw new Error('the picture cannot be drawn')
  return made
}
