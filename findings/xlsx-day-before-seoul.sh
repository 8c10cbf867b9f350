#!/usr/bin/env bash
# Dates of a sheet read on a host in Seoul: npm xlsx 0.18.5 (SheetJS; newer versions are not on npm) with cellDates, exceljs
# 4.4.0 and xlsx-populate 1.21.0.
# A date in a sheet counts days from 1899, and has no zone. xlsx asks the host how far it was from UTC in 1899, which in
# Seoul was 8 hours 27 minutes and 52 seconds, and loses the seconds: 1 December is 30 November, 23:59:08. Every order has the
# day before, on laptops in Korea and not on a server in UTC. One guesses midnight, of either zone: exceljs gives that of
# UTC, 09:00 in Seoul, xlsx-populate that of the host. Read without cellDates, and take the days with XLSX.SSF.parse_date_code.
# Seen: library, zone of the host, date and time there, date in UTC.
#> xlsx UTC 12-1 00:00:00 12-01
#> exceljs UTC 12-1 00:00:00 12-01
#> xlsx-populate UTC 12-1 00:00:00 12-01
#> xlsx Asia/Seoul 11-30 23:59:08 11-30
#> exceljs Asia/Seoul 12-1 09:00:00 12-01
#> xlsx-populate Asia/Seoul 12-1 00:00:00 11-30
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . xlsx@0.18.5 exceljs@4.4.0 xlsx-populate@1.21.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install openpyxl==3.1.5

cat >make.py <<'E'
from datetime import date
import openpyxl
book = openpyxl.Workbook()
book.active.append([date(2026, 12, 1)])
book.save('day.xlsx')
E
cat >run.mjs <<'E'
import ExcelJS from 'exceljs';
import XLSX from 'xlsx';
import populate from 'xlsx-populate';

const show = (name, day) => {
  const local = [day.getMonth() + 1, day.getDate()].join('-');
  console.log(name, process.env.TZ, `${local} ${day.toTimeString().slice(0, 8)}`, day.toISOString().slice(5, 10));
};
const book = XLSX.readFile('day.xlsx', { cellDates: true });
show('xlsx', book.Sheets[book.SheetNames[0]].A1.v);
const excel = new ExcelJS.Workbook();
await excel.xlsx.readFile('day.xlsx');
show('exceljs', excel.worksheets[0].getCell('A1').value);
const sheets = await populate.fromFileAsync('day.xlsx');
show('xlsx-populate', populate.numberToDate(sheets.sheet(0).cell('A1').value()));
E
py/bin/python make.py
for zone in UTC Asia/Seoul; do TZ=$zone node run.mjs; done | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
