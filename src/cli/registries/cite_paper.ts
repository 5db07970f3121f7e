/** A summary with authors and year behind it: "elastic weight consolidation (Kirkpatrick et al. 2017)". */
export function citePaper(summary: string, paper: string | undefined): string {
  return paper === undefined ? summary : `${summary} (${paper.replace(/, arXiv:.*$/, "")})`;
}
