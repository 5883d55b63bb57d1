// The islands that every page has. One script, so that a page asks once; each
// island is a file of its own and does nothing where the page has no place for
// it. No island holds words: what it says stands in the page, in its language.

import "./command.ts";
import "./popover.ts";
import "./keys.ts";
import "./preview.ts";
import "./palette.ts";
import "./drop.ts";
import "./live.ts";
import "./work.ts";
import "./copy.ts";
import "./sheet.ts";

document.documentElement.dataset.script = "on"; // hints about keys are for those who have them
