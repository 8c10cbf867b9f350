//! gongu.v1 by tungstenite, on a blocking socket that a second thread may interrupt every 50 ms to write.
use std::io::{stdin, BufRead, ErrorKind};
use std::net::TcpStream;
use std::sync::mpsc::{channel, Receiver};
use std::thread::{sleep, spawn};
use std::time::Duration;

use serde_json::{json, Value};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::{client, Error, Message, WebSocket};

struct Client {
    url: String,
    token: String,
    room: String,
    last: u64,
    sent: u64,
    says: Receiver<Option<String>>,
}

fn main() {
    let mut args: Vec<String> = std::env::args().collect();
    let (room, token, url) = (args.pop().unwrap(), args.pop().unwrap(), args.pop().unwrap());
    let (say, says) = channel();
    spawn(move || {
        for line in stdin().lock().lines() {
            say.send(Some(line.unwrap())).unwrap();
        }
        say.send(None).unwrap();
    });
    let mut client = Client { url, token, room, last: 0, sent: 0, says };
    loop {
        let why = client.talk().unwrap_err();
        println!("{}", json!({ "saw": "over", "why": why.to_string() }));
        sleep(Duration::from_millis(300));
    }
}

impl Client {
    fn talk(&mut self) -> Result<(), Error> {
        let mut request = format!("{}/ws", self.url.replacen("http", "ws", 1)).into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("gongu.v1"));
        let stream = TcpStream::connect(self.url.trim_start_matches("http://"))?;
        let (mut socket, _) = client(request, stream).map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?;
        socket.get_ref().set_read_timeout(Some(Duration::from_millis(50)))?;
        socket.send(Message::text(json!({ "type": "auth", "token": self.token }).to_string()))?;
        loop {
            match socket.read() {
                Ok(Message::Text(text)) => self.take(&mut socket, text.as_str())?,
                Ok(_) => {}
                Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(error),
            }
            while let Ok(said) = self.says.try_recv() {
                let Some(content) = said else { std::process::exit(0) };
                self.sent += 1;
                let id = format!("matrix-{}", self.sent);
                let frame = json!({ "type": "send", "roomId": self.room, "clientMessageId": id, "content": content });
                socket.send(Message::text(frame.to_string()))?;
            }
        }
    }

    fn take(&mut self, socket: &mut WebSocket<TcpStream>, text: &str) -> Result<(), Error> {
        let frame: Value = serde_json::from_str(text).unwrap();
        match frame["type"].as_str() {
            Some("ready") => {
                let join = json!({ "type": "join", "ref": "join", "roomId": self.room, "after": self.last });
                socket.send(Message::text(join.to_string()))?;
            }
            Some("joined") => frame["messages"].as_array().unwrap().iter().for_each(|message| self.saw(message)),
            Some("message") => self.saw(&frame),
            _ => {}
        }
        Ok(())
    }

    fn saw(&mut self, message: &Value) {
        self.last = self.last.max(message["seq"].as_u64().unwrap());
        let sender = &message["sender"]["userId"];
        println!("{}", json!({ "saw": "message", "seq": message["seq"], "content": message["content"], "sender": sender }));
    }
}
