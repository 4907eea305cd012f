/* Make or use a passkey: the server's options lie on the button, the answer goes into the form's hidden field. */
import { onContent } from "./content.js";

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const words = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function create({ publicKey }) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: known(publicKey.excludeCredentials),
    },
  });
  const { attestationObject, clientDataJSON } = made.response;
  return answer(made, { attestationObject: words(attestationObject), clientDataJSON: words(clientDataJSON) });
}

async function get({ publicKey }) {
  const used = await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      allowCredentials: known(publicKey.allowCredentials),
    },
  });
  const { authenticatorData, clientDataJSON, signature, userHandle } = used.response;
  return answer(used, {
    authenticatorData: words(authenticatorData),
    clientDataJSON: words(clientDataJSON),
    signature: words(signature),
    userHandle: userHandle ? words(userHandle) : null,
  });
}

const answer = (credential, response) => ({
  id: credential.id,
  rawId: words(credential.rawId),
  type: credential.type,
  clientExtensionResults: credential.getClientExtensionResults(),
  response,
});

const ERRORS = {
  NotAllowedError: "Nothing was chosen, or it took too long. Try again.",
  InvalidStateError: "This device has a passkey for your account already.",
  SecurityError: "Passkeys do not work at this address.",
};

onContent((root) => {
  for (const button of root.querySelectorAll("[data-passkey]")) button.hidden = false;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-passkey]");
  if (!button) return;
  const { form } = button;
  const told = form.querySelector("[data-passkey-error]");
  const fail = (text) => {
    told.querySelector("span").textContent = text;
    told.hidden = false;
  };
  if (!window.PublicKeyCredential) {
    fail("This browser cannot use passkeys.");
    return;
  }
  told.hidden = true;
  button.setAttribute("aria-busy", "true");
  try {
    const ceremony = button.dataset.passkey === "create" ? create : get;
    form.elements.credential.value = JSON.stringify(await ceremony(JSON.parse(button.dataset.options)));
    form.submit();
  } catch (error) {
    fail(ERRORS[error.name] ?? "That did not work. Try again, or choose another way.");
    button.removeAttribute("aria-busy");
  }
});
