#!/usr/bin/env bash
# Whom a push is for: Java nl.martijndwars web-push 5.1.1 beside npm web-push 3.6.7.
# The token of a push names the service it is meant for by its origin (RFC 8292), which is scheme, host, and the port if it is not 443.
# One guesses the address's origin, as npm gives it. Java takes scheme and host alone, so a service at a port of its own (one hosted
# oneself, say) gets a token for somebody else and refuses it, while those of the browsers' makers take the same code. Nothing
# but the answer tells. Behind such a service, put it at 443.
# Seen: library, address of the browser, the token's aud.
#> web-push https://push.example/1 https://push.example
#> web-push https://push.example:8443/1 https://push.example:8443
#> Java https://push.example/1 https://push.example
#> Java https://push.example:8443/1 https://push.example
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . web-push@3.6.7

cat >run.mjs <<'E'
import { createECDH } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import webpush from 'web-push';

const browser = createECDH('prime256v1');
const keys = { p256dh: browser.generateKeys('base64url'), auth: 'AAAAAAAAAAAAAAAAAAAAAA' };
const vapid = webpush.generateVAPIDKeys();
writeFileSync('keys', [keys.p256dh, keys.auth, vapid.publicKey, vapid.privateKey].join('\n'));
for (const endpoint of ['https://push.example/1', 'https://push.example:8443/1']) {
  const { headers } = webpush.generateRequestDetails({ endpoint, keys }, 'hi', { vapidDetails: { subject: 'mailto:a@shop.example', ...vapid } });
  console.log('web-push', endpoint, JSON.parse(Buffer.from(headers.Authorization.split('.')[1], 'base64url')).aud);
}
E
cat >pom.xml <<'E'
<project>
  <modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>nl.martijndwars</groupId><artifactId>web-push</artifactId><version>5.1.1</version></dependency>
    <dependency><groupId>org.bouncycastle</groupId><artifactId>bcprov-jdk18on</artifactId><version>1.78.1</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.16</version></dependency>
  </dependencies>
</project>
E
cat >Main.java <<'E'
import java.nio.file.*;
import java.security.Security;
import java.util.Base64;
import nl.martijndwars.webpush.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

class Main {
  public static void main(String[] args) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    var keys = Files.readAllLines(Path.of("keys"));
    var service = new PushService(keys.get(2), keys.get(3), "mailto:a@shop.example");
    for (String address : new String[] {"https://push.example/1", "https://push.example:8443/1"}) {
      var request = service.preparePost(new Notification(address, keys.get(0), keys.get(1), "hi"), Encoding.AES128GCM);
      var token = request.getFirstHeader("Authorization").getValue().split("\\.")[1];
      var claims = new String(Base64.getUrlDecoder().decode(token));
      System.out.println("Java " + address + " " + claims.replaceAll(".*\"aud\":\"([^\"]*)\".*", "$1"));
    }
  }
}
E
mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars >mvn.log
{ node run.mjs && java -cp 'jars/*' Main.java; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
