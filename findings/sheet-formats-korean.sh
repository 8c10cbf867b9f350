#!/usr/bin/env bash
# What a cell of an order sheet shows, by its number format: Go excelize 2.11.1, npm xlsx 0.18.5, Java Apache POI 5.4.1
# (DataFormatter).
# A sheet keeps a number and a format. All three apply it, so one guesses that an import has what people see, as excelize
# gives. POI writes a business number (123-45-67891) as 12345-67891-, does not divide by the thousand that a comma at the end
# stands for (12,346천원 is 12345600), and gives a time or date with a Korean name in its format as the bare number. xlsx cuts
# the first digits of a telephone number with leading # (10-1234-5678 is 0-1234-5678), and names days in English. Nothing is
# refused. Read the raw number and format it yourself. Seen: format, excelize, xlsx, POI.
#> 000-00-00000 | 123-45-67891 | 123-45-67891 | 12345-67891-
#> ##0-0000-0000 | 10-1234-5678 | 0-1234-5678 | 10-1234-5678
#> #,##0,"천원" | 12,346천원 | 12,346천원 | 12345600
#> [$-412]AM/PM h:mm | 오후 3:07 | PM 3:07 | 0.63
#> [$-412]yyyy"년" m"월" d"일" dddd | 2026년 12월 1일 화요일 | 2026년 12월 1일 Tuesday | 46357.0
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . xlsx@0.18.5
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install openpyxl==3.1.5
cat >pom.xml <<'E'
<project><modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>0</version><dependencies>
<dependency><groupId>org.apache.poi</groupId><artifactId>poi-ooxml</artifactId><version>5.4.1</version></dependency>
</dependencies></project>
E
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >mvn.log

cat >make.py <<'E'
import openpyxl
book = openpyxl.Workbook()
for row, (value, form) in enumerate((
    (1234567891, '000-00-00000'), (1012345678, '##0-0000-0000'), (12345600, '#,##0,"천원"'),
    (0.63, '[$-412]AM/PM h:mm'), (46357, '[$-412]yyyy"년" m"월" d"일" dddd'),
), 1):
    book.active.cell(row, 1, form)
    book.active.cell(row, 2, value).number_format = form
book.save('orders.xlsx')
E
cat >run.cjs <<'E'
const XLSX = require('xlsx');

const sheet = XLSX.readFile('orders.xlsx').Sheets.Sheet;
for (let row = 1; sheet[`A${row}`]; row++) console.log(`${sheet[`A${row}`].v} | ${sheet[`B${row}`].w}`);
E
cat >Main.java <<'E'
import java.io.File;
import org.apache.poi.ss.usermodel.DataFormatter;
import org.apache.poi.ss.usermodel.WorkbookFactory;

class Main {
  public static void main(String[] args) throws Exception {
    try (var book = WorkbookFactory.create(new File("orders.xlsx"))) {
      var format = new DataFormatter();
      for (var row : book.getSheetAt(0)) System.out.println(row.getCell(0) + " | " + format.formatCellValue(row.getCell(1)));
    }
  }
}
E
cat >main.go <<'E'
package main

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

func main() {
	book, err := excelize.OpenFile("orders.xlsx")
	if err != nil {
		panic(err)
	}
	rows, err := book.GetRows("Sheet")
	if err != nil {
		panic(err)
	}
	for _, row := range rows {
		fmt.Println(row[0], "|", row[1])
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/xuri/excelize/v2@v2.11.1 2>>go.log
py/bin/python make.py
{ go run . && node run.cjs && java -cp 'lib/*' Main.java 2>java.log | grep '|'; } | awk -F' [|] ' '!($1 in row) { order[++n] = $1 } { row[$1] = row[$1] " | " $2 } END { for (i = 1; i <= n; i++) print order[i] row[order[i]] }' | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
