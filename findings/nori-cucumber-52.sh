#!/usr/bin/env bash
# Java Lucene 9.12.3, analysis-nori: KoreanNumberFilter, `nori_number` of Elasticsearch and OpenSearch.
# It is there so that 2500 finds 이천오백. It looks at letters, not at words: whatever consists of Korean digits is a number.
# 오이 (cucumber) is 5 and 2, so it is indexed as 52, and finds what is of size 52; 이사 (moving) is 24, 구이 (grilled) 92, 오일 (oil)
# 51, and 백조 (swan) 100 trillion. One guesses that it asks the tokenizer, which knows that they are nouns.
# Mark such words as keywords (SetKeywordMarkerFilter) before it.
# Seen: what is searched, the query, the titles found.
#> 오이 title:52 | 바지 52 | 오이 한 박스
#> 52 title:52 | 바지 52 | 오이 한 박스
#> 이사 title:24 | 이사 상자 | 생수 24
#> 24 title:24 | 이사 상자 | 생수 24
#> 백조 title:100000000000000 | 백조 인형
#> 이천오백 title:2500 | A4 2500매
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
for part in core analysis-nori analysis-common; do
  mvn -q -B dependency:copy -Dartifact=org.apache.lucene:lucene-$part:9.12.3 -DoutputDirectory=. >>mvn.log
done

cat >Main.java <<'E'
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.ko.KoreanNumberFilter;
import org.apache.lucene.analysis.ko.KoreanTokenizer;
import org.apache.lucene.document.*;
import org.apache.lucene.index.*;
import org.apache.lucene.search.*;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.util.QueryBuilder;

class Main {
  public static void main(String[] args) throws Exception {
    var analyzer = new Analyzer() {
      protected TokenStreamComponents createComponents(String field) {
        var tokenizer = new KoreanTokenizer(KoreanTokenizer.DEFAULT_TOKEN_ATTRIBUTE_FACTORY, null, KoreanTokenizer.DEFAULT_DECOMPOUND, false, false);
        return new TokenStreamComponents(tokenizer, new KoreanNumberFilter(tokenizer));
      }
    };
    var directory = new ByteBuffersDirectory();
    try (var writer = new IndexWriter(directory, new IndexWriterConfig(analyzer))) {
      for (String title : new String[] {"오이 한 박스", "바지 52", "이사 상자", "생수 24", "백조 인형", "A4 2500매"}) {
        var document = new Document();
        document.add(new TextField("title", title, Field.Store.YES));
        writer.addDocument(document);
      }
    }
    try (var reader = DirectoryReader.open(directory)) {
      var searcher = new IndexSearcher(reader);
      for (String text : new String[] {"오이", "52", "이사", "24", "백조", "이천오백"}) {
        var query = new QueryBuilder(analyzer).createBooleanQuery("title", text, BooleanClause.Occur.MUST);
        var found = new StringBuilder();
        for (var hit : searcher.search(query, 9).scoreDocs) found.append(" | ").append(searcher.storedFields().document(hit.doc).get("title"));
        System.out.println(text + " " + query + found);
      }
    }
  }
}
E
java -cp '*' Main.java | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
