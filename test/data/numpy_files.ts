/** Small files as numpy and Pillow write them, in base64. */

/** Bytes of a text in base64. */
export function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** x = arange(24), uint8 [2, 3, 4], and y = [1, 0], int64, by savez. */
export const SAVEZ = decodeBase64(
  [
    "UEsDBC0AAAAAAAAAIQBErVeC//////////8FABQAeC5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzog",
    "J3x1MScsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAzLCA0KSwgfSAgICAgICAgICAgICAgICAgICAgICAg",
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAECAwQFBgcICQoLDA0ODxAREhMUFRYXUEsDBC0AAAAAAAAAIQBx+zmr",
    "//////////8FABQAeS5ucHkBABAAkAAAAAAAAACQAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxpOCcsICdmb3J0cmFuX29y",
    "ZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg",
    "ICAgICAgICAgICAgICAKAQAAAAAAAAAAAAAAAAAAAFBLAQItAy0AAAAAAAAAIQBErVeCmAAAAJgAAAAFAAAAAAAAAAAAAACAAQAA",
    "AAB4Lm5weVBLAQItAy0AAAAAAAAAIQBx+zmrkAAAAJAAAAAFAAAAAAAAAAAAAACAAc8AAAB5Lm5weVBLBQYAAAAAAgACAGYAAACW",
    "AQAAAAA=",
  ].join(""),
);

/** The same by savez_compressed. */
export const SAVEZ_COMPRESSED = decodeBase64(
  [
    "UEsDBC0AAAAIAAAAIQBErVeC//////////8FABQAeC5ucHkBABAAmAAAAAAAAABhAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6l",
    "oF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsY6CiaaOgq1CuQBLgZGJmYWVjZ2Dk4ubh5ePn4BQSFhEVEx",
    "cQBQSwMELQAAAAgAAAAhAHH7Oav//////////wUAFAB5Lm5weQEAEACQAAAAAAAAAEgAAAAAAAAAm+wX6hsQychQxlCtnpJanFyk",
    "bqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjqaOgq1ChQALkYGVAAAUEsBAi0DLQAAAAgAAAAhAEStV4Jh",
    "AAAAmAAAAAUAAAAAAAAAAAAAAIABAAAAAHgubnB5UEsBAi0DLQAAAAgAAAAhAHH7OatIAAAAkAAAAAUAAAAAAAAAAAAAAIABmAAA",
    "AHkubnB5UEsFBgAAAAACAAIAZgAAABcBAAAAAA==",
  ].join(""),
);

/** arange(24) as big-endian int16 [2, 3, 4] in Fortran's order. */
export const COLUMN_MAJOR = decodeBase64(
  [
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPmkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCksIH0gICAg",
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAMAAQAEAAIABQAAQANAAUAEQAJ",
    "ABUAAgAOAAYAEgAKABYAAwAPAAcAEwALABc=",
  ].join(""),
);

/** [0, 1, -2.5, 65504, 6e-8, 1e-4] as float16. */
export const HALF = decodeBase64(
  [
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDYsKSwgfSAgICAgICAg",
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAA8AMH/ewEAjgY=",
  ].join(""),
);

/** [True, False, True], in version 2 of the format. */
export const BOOLEANS = decodeBase64(
  [
    "k05VTVBZAgB0AAAAeydkZXNjcic6ICd8YjEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMywpLCB9ICAgICAg",
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAE=",
  ].join(""),
);

/** ["a", "b"]. */
export const TEXTS = decodeBase64(
  [
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPFUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAg",
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAphAAAAYgAAAA==",
  ].join(""),
);

/** Two records of one float. */
export const RECORDS = decodeBase64(
  [
    "k05VTVBZAQB2AHsnZGVzY3InOiBbKCdhJywgJzxmNCcpXSwgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwg",
    "fSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAA==",
  ].join(""),
);

/** 9 × 2 pixels of one bit: 101100011, 010011100. */
export const BLACK_AND_WHITE_PNG = decodeBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAkAAAACAQAAAACiLct+AAAADklEQVR4nGPceJ7BjwEAB1kB0Af1zMQAAAAASUVORK5CYII=",
);

/** 5 × 2 pixels of two bits: 0 1 2 1 0, 2 2 1 0 0, which stand for red, green and blue. */
export const PALETTE_PNG = decodeBase64(
  [
    "iVBORw0KGgoAAAANSUhEUgAAAAUAAAACAgMAAADtBP7OAAAADFBMVEX/AAAA/wAAAP8AAAD7vkbkAAAADklEQVR4nGOQZGBYwgAA",
    "AcsAvg6jGBgAAAAASUVORK5CYII=",
  ].join(""),
);

/** 2 × 2 pixels: [1, 2, 3] at transparency 4, two of zeros, [250, 251, 252] at 0. */
export const TRANSPARENT_PNG = decodeBase64(
  ["iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAFElEQVR4nGNgZGJmYYCBX7//MAAACXkC/GH3N9EAAAAASUVORK5C", "YII="].join(
    "",
  ),
);

/** 3 × 1 grey pixels of 16 bits: 0, 256, 65535. */
export const DEEP_PNG = decodeBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAMAAAABEAAAAABuG5crAAAAD0lEQVR4nGNgYGBk+P8fAAMIAgBBcJANAAAAAElFTkSuQmCC",
);

/** 8 × 8 grey pixels, 3·i, at quality 95. */
export const GREY_JPEG = decodeBase64(
  [
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoK",
    "CgoKBggLDAsKDAkKCgr/wAALCAAIAAgBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF",
    "BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW",
    "V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi",
    "4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APnnwR/wRK+5/wAUj/5A/wDrV//Z",
  ].join(""),
);
