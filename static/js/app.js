/* Every page's script. Each module finds its own markup and listens on document, so it works for what htmx swaps in. */
import "./acting.js";
import "./theme.js";
import "./menus.js";
import "./toasts.js";
import "./fields.js";
import "./passkeys.js";
import "./tabs.js";
import "./filters.js";
import "./rating.js";
import "./player.js";
import "./drawer.js";
import "./board.js";
import "./undo.js";
import "./hotkeys.js";
import "./uploads.js";
import "./mentions.js";
import "./since.js";
