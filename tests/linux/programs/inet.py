import socket, os, threading, select, errno
def check(n, c):
    print(("ok " if c else "FAIL ")+n)
l=socket.create_server(('localhost',0)); port=l.getsockname()[1]
def serve():
    c,a=l.accept(); d=b''
    while True:
        x=c.recv(4096)
        if not x: break
        d+=x
    c.sendall(d[::-1]); c.close()
t=threading.Thread(target=serve); t.start()
c=socket.create_connection(('127.0.0.1',port)); c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY,1)
check('nodelay', c.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)==1)
check('names', c.getpeername()==('127.0.0.1',port) and c.getsockname()[0]=='127.0.0.1')
c.sendall(b'abc'*100000); c.shutdown(socket.SHUT_WR); d=b''
while True:
    x=c.recv(65536)
    if not x: break
    d+=x
t.join(); check('tcp', d==b'cba'*100000)
try: socket.create_connection(('127.0.0.1',1),1); check('refused',False)
except ConnectionRefusedError: check('refused',True)
try: socket.create_connection(('10.1.1.1',80),1); check('unreach',False)
except OSError as e: check('unreach', e.errno==errno.ENETUNREACH)
l2=socket.socket()
try: l2.bind(('127.0.0.1',port)); check('inuse',False)
except OSError as e: check('inuse', e.errno==errno.EADDRINUSE)
n=socket.socket(); n.setblocking(False)
try: n.connect(('127.0.0.1',port)); check('inprogress',False)
except BlockingIOError as e: check('inprogress', e.errno==errno.EINPROGRESS)
check('writable', select.select([],[n],[],1)[1]==[n] and n.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)==0)
u=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); u.bind(('127.0.0.1',0))
v=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); v.sendto(b'hi',u.getsockname()); m,a=u.recvfrom(100)
check('udp', m==b'hi' and a==('127.0.0.1',v.getsockname()[1]))
u.connect(a); u.send(b'back'); check('udp back', v.recv(10)==b'back')
s6=socket.create_server(('::1',0), family=socket.AF_INET6); c6=socket.create_connection(s6.getsockname()[:2]); p,a=s6.accept()
check('v6', a[0]=='::1')
d=socket.create_server(('',0), family=socket.AF_INET6, dualstack_ipv6=True); c4=socket.create_connection(('127.0.0.1',d.getsockname()[1])); p,a=d.accept(); check('dual', a[0]=='::ffff:127.0.0.1')
import http.server, urllib.request
h=http.server.ThreadingHTTPServer(('127.0.0.1',0), http.server.SimpleHTTPRequestHandler); threading.Thread(target=h.serve_forever, daemon=True).start()
os.chdir('/etc'); h.RequestHandlerClass.log_message=lambda *a:None
check('http', urllib.request.urlopen('http://localhost:%d/hostname'%h.server_port).read()==open('/etc/hostname','rb').read())
try: socket.socket(socket.AF_PACKET, socket.SOCK_RAW); check('family', False)
except OSError as e: check('family', e.errno==errno.EAFNOSUPPORT)
