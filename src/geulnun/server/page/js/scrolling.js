// Two panes that show the same pages and scroll together.

/** Let `first` and `second` follow each other page by page; `onPage` hears the number of the page in view. */
export function scrollTogether(first, second, onPage) {
  let leader = null;
  let waiting;
  for (const [pane, other] of [[first, second], [second, first]]) {
    pane.addEventListener("scroll", () => {
      if (leader && leader !== pane) return;
      leader = pane;
      clearTimeout(waiting);
      waiting = setTimeout(() => { leader = null; }, 120);
      const place = findPlace(pane);
      if (!place) return;
      onPage(place.number);
      follow(other, place);
    }, { passive: true });
  }
}

/** The page at the top quarter of a pane, and how much of it lies above that. */
function findPlace(pane) {
  const level = pane.scrollTop + pane.clientHeight / 4;
  const atStart = pane.scrollTop <= 1;
  const atEnd = pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 1;
  for (const page of pane.querySelectorAll(":scope > [data-page]")) {
    if (page.offsetTop + page.offsetHeight < level && page.nextElementSibling) continue;
    const share = Math.max(0, Math.min(1, (level - page.offsetTop) / Math.max(1, page.offsetHeight)));
    return { number: Number(page.dataset.page), share, atStart, atEnd };
  }
  return null;
}

function follow(pane, { number, share, atStart, atEnd }) {
  const page = pane.querySelector(`:scope > [data-page="${number}"]`);
  if (!page) return;
  if (atStart) pane.scrollTop = 0;
  else if (atEnd) pane.scrollTop = pane.scrollHeight;
  else pane.scrollTop = page.offsetTop + share * page.offsetHeight - pane.clientHeight / 4;
}
