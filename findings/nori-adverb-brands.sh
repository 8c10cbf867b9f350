#!/usr/bin/env bash
# Java Lucene 9.12.3, KoreanAnalyzer with its defaults, the analyzer `nori` of Elasticsearch and OpenSearch.
# It leaves out particles and endings, as one expects, and by the same list adverbs, determiners and exclamations, which
# brands are made of: 매일 (Maeil, "daily"), 늘 ("always"), 더미식 ("more"). 매일 alone is a noun to it, but an adverb before another
# word, so the query 매일 does not find the title 매일두유; the query 매일두유 finds the soy milk of all brands; and 늘 is an empty
# query. Give KoreanAnalyzer a list of tags without MAG, MM and IC, or your brands as a dictionary.
# Seen: what is searched, the words left of it, the titles found.
#> 매일 | 매일 | nothing
#> 매일두유 | 두유 | 매일두유 24개, 검은콩 두유
#> 늘 | no query | nothing
#> 더미식 | 미식 | 미식 여행
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
for part in core analysis-nori analysis-common; do
  mvn -q -B dependency:copy -Dartifact=org.apache.lucene:lucene-$part:9.12.3 -DoutputDirectory=. >>mvn.log
done

cat >Main.java <<'E'
import java.util.ArrayList;
import org.apache.lucene.analysis.ko.KoreanAnalyzer;
import org.apache.lucene.document.*;
import org.apache.lucene.index.*;
import org.apache.lucene.search.*;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.util.QueryBuilder;

class Main {
  public static void main(String[] args) throws Exception {
    var analyzer = new KoreanAnalyzer();
    var directory = new ByteBuffersDirectory();
    try (var writer = new IndexWriter(directory, new IndexWriterConfig(analyzer))) {
      for (String title : new String[] {"매일두유 24개", "늘 카레", "검은콩 두유", "미식 여행"}) {
        var document = new Document();
        document.add(new TextField("title", title, Field.Store.YES));
        writer.addDocument(document);
      }
    }
    try (var reader = DirectoryReader.open(directory)) {
      var searcher = new IndexSearcher(reader);
      for (String text : new String[] {"매일", "매일두유", "늘", "더미식"}) {
        Query query = new QueryBuilder(analyzer).createBooleanQuery("title", text, BooleanClause.Occur.MUST);
        var found = new ArrayList<String>();
        if (query != null) {
          for (var hit : searcher.search(query, 9).scoreDocs) found.add(searcher.storedFields().document(hit.doc).get("title"));
        }
        System.out.println(text + " | " + (query == null ? "no query" : query.toString("title")) + " | " + (found.isEmpty() ? "nothing" : String.join(", ", found)));
      }
    }
  }
}
E
java -cp '*' Main.java | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
