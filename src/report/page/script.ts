/** The script of the page: sort, filter, copy. The page says everything without it. */
export const SCRIPT = `'use strict';
(() => {
  const table = document.querySelector('#steps');
  const collator = new Intl.Collator('en', { numeric: true });

  for (const button of document.querySelectorAll('.copy')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      const text = button.dataset.copy;
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const area = document.createElement('textarea');
        area.value = text;
        document.body.append(area);
        area.select();
        document.execCommand('copy');
        area.remove();
      }
      button.textContent = 'copied';
      setTimeout(() => { button.textContent = 'copy'; }, 1200);
    });
  }
  if (!table) return;

  const body = table.tBodies[0];
  const rows = [...body.rows];
  const texts = rows.map((row) => [row.textContent, ...[...row.querySelectorAll('[title]')].map((e) => e.title)].join(' ').toLowerCase());
  const filter = document.querySelector('#filter');
  const chips = [...document.querySelectorAll('.chip')];
  document.querySelector('.controls').hidden = false;

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort ?? cell.textContent;
  };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = head.querySelector('button');
    button.addEventListener('click', () => {
      const isNumber = button.dataset.kind === 'number';
      const order = head.getAttribute('aria-sort') ?? 'none';
      const next = order === 'none' ? (isNumber && column !== 2 ? 'descending' : 'ascending') : order === 'ascending' ? 'descending' : 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', next);
      const sign = next === 'ascending' ? 1 : -1;
      const compare = isNumber ? (a, b) => a - b : collator.compare;
      const sorted = rows.toSorted((a, b) => sign * compare(valueOf(a, column), valueOf(b, column)));
      body.append(...sorted);
    });
  });

  const apply = () => {
    const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const outcomes = chips.filter((chip) => chip.ariaPressed === 'true').map((chip) => chip.dataset.outcome);
    let shown = 0;
    rows.forEach((row, i) => {
      const fits = words.every((word) => texts[i].includes(word)) && (outcomes.length === 0 || outcomes.includes(row.dataset.outcome));
      row.hidden = !fits;
      if (fits) shown++;
    });
    document.querySelector('#shown').textContent = shown === rows.length ? '' : shown + ' of ' + rows.length;
    document.querySelector('#none').hidden = shown > 0;
  };
  filter.addEventListener('input', apply);
  for (const chip of chips) {
    chip.addEventListener('click', () => {
      chip.ariaPressed = chip.ariaPressed === 'true' ? 'false' : 'true';
      apply();
    });
  }
})();
`;
