import { gunzipSync } from "node:zlib";
import { decodeBase64 } from "../../../data/numpy_files.ts";

/** Small files as h5py writes them, by its defaults where nothing else is said; packed by gzip, in base64. */
function unpack(lines: readonly string[]): Uint8Array {
  return new Uint8Array(gunzipSync(decodeBase64(lines.join(""))));
}

/** Arrays of numbers of 16 to 64 bits in groups, one with many attributes, and one that was never written. */
export const NUMBERS = unpack([
  "H4sIAAAAAAACA+2aO2/TUBTHr+04dZyXkz6SPjGIoRIg9ZG2qYTUVrSQAVEEDB1JiZtEBLtKHYEEEmuRGBgZGDoyMPABkBAbS79D",
  "Bz5AR5AQwY7vTW2XnOTqgpRSnyFH177/n53jc851Yr8qrN+My2Mysk2SUAgpyG1NbB+uesdk/0PsOez3sX/Pk+1ca18Wb09hvn/e",
  "g3sbG/bsps/IcY5Ex3vPLrDzYoWNtbu238JjFfuvvHdeuW40di3f0J/Wq6ap6b78zFMet1P+FgRnXBF7y98tyfHZ4FIG+evK333R",
  "O69kNLZrmpVXxdqOPa7qulZnyN/7dzbXOcQjiRxX8NaDP49Jf313Jbhm3j4gOjHjyHja8byzgbShTl6wKt+emVJX8LVYRbkoyjVx",
  "/EVrq72f5x2ghDuFwOUlb8YQe9YHUTlewavzZ/xtV+1P7fBwzck7oZ130wMwieTdQQSeR/rnJ9mbx9/wOBT/3/POiQDHORvCeF74",
  "VJ4lce4pSBaRnETd8uwjjmDMdwb7/RaS6+hL87l18j85dNGzNis4i2Jp3NNQb2vz20SwNgdr88naPI39ZV8vqepmy9cMvYxa95h7",
  "1bKulZDvHnPmL9W20K5p4pXWVMVqqiHXmtC5pl8n/lzTb/q01yH0y6pLoX3fcrJ+vIj3tn4cJXtbP76fkx+Sp3NM8uSqO6fIfQmc",
  "U8c4cpLvSAdnIh4/cO/vVnucr6bbcUK91p6EV6HQmag9OyZk/TQv4T4YId2jgGMRRUPWNyyaZr263TA13OhGrZgpODacKzdI7K7Z",
  "zPRJPG/d2LzNuYrWPc+2PeOJZlaqelk1DVXXtJJa1A2zotXV7Zrx6LFq7KjWSK1oxVLrtxHPqBcY9SFGvcioDzPqBxj1EqM+wqiX",
  "GfVRRn2MUR9n1CcY9UlGvcKoTzHq04z6QUb9EKN+mFE/wqjPMOqzjPpRRv0Yo36cUT/BqJ9k1E8x6ontSsFvwcACCyywwAIL7N8Y",
  "eYbuf2bT8X+GWfr/GXiIN0fPEyDePD0vBPFy9DwR4i3Q88IQb5GeNwDxluh5EsTL0/MiEG+Znid7eDFfPs9Q86Igb5aaFwN5c9S8",
  "OMibp+YlQF6OmpcEeQvUPAXkLVLzUiBviZqXBnl5at4gyFum5g1BvDn6+hgGefT1MQLy6OsjA/Lo6yML8ujrYxTk0dfHGMijr49x",
  "kEdfHxMgj74+JkEefX1Moe7Phzu/Y3Sh/YwqI6HMS4S6PKsib0T4/wDqr3c/fgNTe3Q3rCwAAA==",
]);

/** 40 numbers in one group. */
export const MANY = unpack([
  "H4sIAAAAAAACA+2bLUxbURTHX8sDHgWWFgp0UEbDZ8P4aO/rJzRZ28BSsWxkm0BMkAUSBCTLMlFBMsQESxCICcREBaJiYmKiAlGJ",
  "QCAmEBMVE4gJBAKxZCu8c9l6AvepEzhJn/n39P7feye/nnvfvbftx9zc43ZXr0u7OAxD0zW39v/xB450qjaW7UugDtAt0KJTvu+4",
  "bPPB+x64Pva9fD4/X03g6vr4PhHd0lWIf/XA+RB/6Lf0BGL/kKU+SGx53NIAtB/es/QA2vfjloagfVhYuqDVj7tw5OYzlx9FGeol",
  "AVoYo72vQ2u0atshY6Om3huqlX3x2hMY0HSosB5D63kP7Y1V/0W70+m8PMWAntDgCEFF6+iOu3f+s3jx9Nmco5q3AXGgQe2XI8pG",
  "o9q3CBr0qH1yDEh18K5putrabuJZW5uP6JgUmpn2tzQdk28GTyZpQiYHLUz7DiGTHy6eTAqETE5beTIpEzLR23kyqRAy8d1j+tzJ",
  "cJtPyXnpLnxoJ1NqfxF8v6fVvhL43GG1T64l18z6vPT6vjDs4dkX3Bk6JokOnkwChEyedPJkEiJksuRlOlcnZPKuiyeTBUImW908",
  "mSxR9p1xrnttFPOjvKzCTrVf7tEve9U+STHfZTPfAo3cr8+Prq/TuV6edfqGsO8u9jHdjyFksubnyWSLkMlmP08mOxk5LpfgnVyv",
  "zToT9FWf2ncse6df7ZPfmR4+qI/LN+x/DvCsrV3C/nYa4MmkQMhEH+TJpEjIxDfEk8nXq3FZ/nZlp0l9xjloZUDtMwDqWUDtk79d",
  "MQbr4/IN6/8RnrVVolz/j/JkUiZk8nmMJ5ODq+9g1lfWX6+8DYGGQQWoCRoBjYLGQOOgCdCkvE6o9vrhMIoFik0UR1AcRXEMxXEU",
  "J1CcrI0Fyk+g/ATKT6D8BMpPoPwEyk+g/ATKT6D8TJSfifIzUX4mys9E+ZkoPxPlZ6L8TJSfmfw35tbu4dzecQTPUUMLyt9iDqvP",
  "SIAvP6L25cC3Par2LUpft9q3Cr4vD9W+PPjKEzarXfB9n1T75DRgr/m2nqP7EzzHx2PCZ8bRJE8mFUImP6d4MjkhZHI+zZPJKSGT",
  "tjBPJueETAKCJxMtK9fBcrJRcalPSIOetdo8v+V6uF3tk//B8Lrr6+Dra2sjwrO29Cwdk50oTyYGIZO9GE8mbYRMSnGeTNxZua46",
  "BgibEZtZEPg+RW2eguArxmwqFf6DpSdt9jHB55tR+4Lgm5i18cldNEPtk4vzw5bbGpe9Mzxry0vY34KzPJn4CJmkUjyZ+LN/AWi5",
  "4BlAPAAA",
]);

/** [0, 1, 2, 3] in chunks of two. */
export const CHUNKED = unpack([
  "H4sIAAAAAAACA+v0cHHj5ZLiYgABDg4GFgYBBmTwHwp28KLyYfIJUJoRSndA6RVMMHFGsJwEVFwQaj66upAgV1eQ6v9oAGaPAQuE",
  "5mAYBSMReLg6BoDoCCgflkpPMKGqS84ozctOTYGnRw8K7WVkYIWYxQjjQ1IyIyNEAJos4TQzUB4kI6ggDxVTYBDnYBCvh8qzAlMw",
  "SJ6JmYkRkp4h5jEzMVWwQpQwIRmHlFMGBwj283cB5WhYPlRgHk2b5ABQeccIjGr08g5X+baCF7X8Q0v2DBt4UflMaOlyFIyCUTAK",
  "RsEoGAVDFTTYAwkHIHIAAF8Xtwe4DQAA",
]);

/** [0, 1] as big-endian float32. */
export const BIG_ENDIAN = unpack([
  "H4sIAAAAAAACA+v0cHHj5ZLiYgABDg4GFgYBBmTwHwoaWFH5MPkEKM0IpTug9AommDgjWE4CKi4INR9dXUiQqytI9X80ALPHggVC",
  "czCMgpEIPFwdA0B0BJQPS6UnmFDVJWWmo6RHDwrtZWRghZjFCONDUjIjI0QAZj2MZgbKg2QEFeUZIElWgUGcg0G8HirPCkzBIHkm",
  "JiZGSHqGmMfMaIAjhXcMuriwb2BgCPbzdwHlbJhrFZhH0yg5AADOmie1gAUAAA==",
]);

/** The same with libver="latest". */
export const NEWER = unpack([
  "H4sIAAAAAAACA+v0cHHj5ZLiYubgYICB/1BwnRHCN4CKt5vLn/b3cAliUojawpuNjCuYhJA1wgAXEwPQCDY+BiDFnJSZfhhmgxsD",
  "lUCtw74csJMYGRgZRRgYmBgZGZmgcjCaWYSBUVBRnoEFzFNgEOdgEK8HsliBrmPm4gC6nIXxPNSr8EDYwDDkwBv/BT0g2r6BgQEA",
  "cw1yf9cBAAA=",
]);
