// Exports for the scenes, of channels in a country that does not exist: a text
// that travels, media that did not come along, a hole in the ids, the private
// things of whoever exported. Names and places are invented.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const travelling =
  "وصلت ثلاث سفن محملة بالقمح إلى ميناء المرسى الجديد صباح اليوم، وأعلنت إدارة الميناء أن التفريغ يبدأ عند الساعة السادسة مساء على الأرصفة الشمالية";

/** Where the text was first, as far as it was captured, and who had it after that. */
export const first = "نبض المرسى";
export const second = "Harbour Voice";

interface Message {
  id: number;
  [more: string]: unknown;
}

const begins = Date.UTC(2025, 5, 20, 5, 0, 0) / 1000;

function message(id: number, minute: number, text: string, more: object = {}): Message {
  const at = begins + minute * 60;
  const entities = text === "" ? [] : [{ type: "plain", text }];
  return {
    id,
    type: "message",
    date: new Date(at * 1000).toISOString().slice(0, 19),
    date_unixtime: String(at),
    text,
    text_entities: entities,
    ...more,
  };
}

const leftOut = "(File not included. Change data exporting settings to download.)";
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

/** An export of the whole account: what an analyst has after pressing every button. */
export function writeExport(dir: string, edition: "first" | "later"): string {
  const later = edition === "later";
  const pulse = [
    message(1, 0, "صباح الخير من المرسى"),
    message(6, 10, travelling), // 3 to 5 are not there
    message(
      7,
      25,
      later
        ? "أغلق الجسر القديم أمام الشاحنات حتى يوم الأحد بسبب أعمال الصيانة"
        : "أغلق الجسر القديم أمام الشاحنات حتى يوم الجمعة بسبب أعمال الصيانة",
      {
        ...(later ? { edited: "2025-06-20T09:00:00", edited_unixtime: String(begins + 9000) } : {}),
      },
    ),
    message(8, 40, "صورة من الرصيف الشمالي", { photo: "photos/quay.png", width: 1, height: 1 }),
    message(9, 55, "مقطع لم يحفظ", { file: leftOut, file_name: "quay.mp4", media_type: "video_file", mime_type: "video/mp4", duration_seconds: 4 }),
    message(10, 70, "صورة ضاعت", { photo: "photos/gone.jpg", width: 2, height: 2 }),
  ];
  const voice = [
    message(1, 5, "The ferry to the islands runs every two hours today."),
    message(2, 12, travelling, { forwarded_from: first }),
    message(3, 30, "Council meets on Monday about the northern quay."),
  ];
  if (later) {
    pulse.push(message(11, 600, "بدأ التفريغ على الرصيف الشمالي الأول"), message(12, 640, "انتهى تفريغ السفينة الأولى"));
  }
  const service = {
    id: 2,
    type: "service",
    date: "2025-06-20T05:00:00",
    date_unixtime: String(begins),
    actor: first,
    actor_id: "channel9001",
    action: "edit_group_title",
    title: first,
    text: "",
    text_entities: [],
  };
  const whole = {
    personal_information: { user_id: 1, first_name: "Nobody", phone_number: "+000 000", username: "@nobody" },
    contacts: { about: "", list: [{ first_name: "Somebody", phone_number: "+000 001", date: "2025-01-01T00:00:00" }] },
    sessions: { about: "", list: [{ last_ip: "192.0.2.7", device_model: "x" }] },
    chats: {
      about: "",
      list: [
        { name: first, type: "public_channel", id: 9001, messages: [...pulse.slice(0, 1), service, ...pulse.slice(1)] },
        { name: second, type: "public_channel", id: 9002, messages: voice },
      ],
    },
  };
  mkdirSync(join(dir, "photos"), { recursive: true });
  writeFileSync(join(dir, "photos", "quay.png"), Buffer.from(picture, "base64"));
  writeFileSync(join(dir, "result.json"), JSON.stringify(whole, null, 1));
  return dir;
}
