// Strings that reorder their neighbours, or lie about themselves, where a page
// shows them as they are: each is the name of a channel and the text of its one
// post. What a reader sees from left to right is in nasty.json, which the bidi
// spec compares; DALIL_UPDATE=1 writes it anew, to be read before it is kept.

const RLO = "\u202e";
const LRO = "\u202d";
const RLE = "\u202b";
const PDF = "\u202c";
const RLI = "\u2067";
const FSI = "\u2068";
const PDI = "\u2069";
const RLM = "\u200f";
const LRM = "\u200e";
const ALM = "\u061c";
const ZWNJ = "\u200c";

export const nasty: string[] = [
  "أصحاب الكهف (3) – 20:41",
  `evil${RLO}fdp.exe`,
  `${RLO}abc`,
  `${LRO}أصحاب`,
  `${RLE}left open`,
  `closes${PDF}${PDI} what it never opened`,
  `${RLI}isolate left open`,
  `${FSI}${FSI}${FSI}deep`,
  `name ${RLM}`,
  `${LRM}نص`,
  `نص ${ALM}3`,
  "@sabreenS1 قناة",
  "قناة @sabreenS1",
  "#وسم_1 tag",
  "tag #وسم_1",
  "https://example.org/أ/b?c=د",
  "C:\\ملف\\file.txt",
  "file (نسخة 2).pdf",
  "نسخة (2) file.pdf",
  "+964 770 123 4567 اتصل",
  "اتصل +964 770 123 4567",
  "٢٬٥٧١ – ۲٬۵۷۱",
  "2,571–3,117 قتيل",
  "قتيل 2,571–3,117",
  "33.3152° N, 44.3661° E بغداد",
  "بغداد 33.3152° N, 44.3661° E",
  "17.11.2020 20:41 خبر",
  "خبر 17.11.2020 20:41",
  "1) أولا: a) ثانيا",
  "a) first: 1) أولا",
  'قول «نعم» (أو "لا")!',
  "‹Qur'an 3:126› ﴾ نص ﴿",
  "کتاب\u200cخانه‌ها و می‌روم",
  `کتاب${ZWNJ}خانه 7`,
  "קול המעגן 3",
  "קול (Voice) أصحاب",
  "عـــربي Arabic",
  "S-7K3M9 / Y-4QX2B عائلة",
  "100% أكيد -5°",
  "أكيد 100% -5°",
  "ab\u0301c e\u0301\u034f",
  "line\u2028sep",
  "</bdi>أ<bdi>",
  'a & b "c" <d>',
  "ﷺ ﴿ ﴾",
  "a אב ع b",
  "C++ و C# و .NET",
  "$5 = 5 ريال؟",
];

/** An export for each string, by file name. */
export function channels(): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [i, name] of nasty.entries()) {
    const text = name;
    const at = 1748761200 + i * 60;
    const message = {
      id: 1,
      type: "message",
      date: new Date(at * 1000).toISOString().slice(0, 19),
      date_unixtime: String(at),
      from: name,
      from_id: `channel${5000 + i}`,
      text,
      text_entities: [{ type: "plain", text }],
    };
    all[`${i}/result.json`] = JSON.stringify({ name, type: "public_channel", id: 5000 + i, messages: [message] });
  }
  return all;
}
