#!/usr/bin/python3
"""Verbs by remote control: the other end of the interop tests.

  verbs_peer.py PORT      serves TCP connections on PORT; each is one process with a queue pair of its own

A connection carries one JSON object a line each way: {"do": NAME, ...} and {"ok": true, ...} or
{"ok": false, "error": TEXT}.  Every check of data is made here, against a pattern computed here: block k
of 32 bytes is SHA-256 of "seed:k".
"""
import hashlib, json, os, signal, socket, struct, sys, time
from pyverbs.device import Context
from pyverbs.pd import PD
from pyverbs.cq import CQ
from pyverbs.mr import MR, MW, MWBindInfo
from pyverbs.addr import AH, GlobalRoute, AHAttr, GID
from pyverbs.qp import QP, QPCap, QPInitAttr, QPAttr
from pyverbs.srq import SRQ, SrqInitAttr, SrqAttr
from pyverbs.wr import SGE, RecvWR, SendWR
import pyverbs.enums as e

COUNTERS = '/sys/class/infiniband/rxe0/ports/1/hw_counters'
MTUS = {256: e.IBV_MTU_256, 512: e.IBV_MTU_512, 1024: e.IBV_MTU_1024, 2048: e.IBV_MTU_2048, 4096: e.IBV_MTU_4096}
STATUS = {v: k[len('IBV_WC_'):] for k, v in vars(e).items()
          if k.startswith('IBV_WC_') and (k.endswith('_ERR') or k == 'IBV_WC_SUCCESS') and isinstance(v, int)}
ATTACH_MCAST = 30  # IB_USER_VERBS_CMD_ATTACH_MCAST
ATOMICS = (e.IBV_WR_ATOMIC_CMP_AND_SWP, e.IBV_WR_ATOMIC_FETCH_AND_ADD)
SOFT_ROCE_WITH_INV = 4  # the flag that rxe of Linux 6.1 sets in place of IBV_WC_WITH_INV
ONE_SIDED = (e.IBV_WR_RDMA_WRITE, e.IBV_WR_RDMA_WRITE_WITH_IMM, e.IBV_WR_RDMA_READ)


def pattern(seed, length):
    blocks = (length + 31) // 32
    return b''.join(hashlib.sha256(b'%d:%d' % (seed, k)).digest() for k in range(blocks))[:length]


def mask(names, prefix):
    value = 0
    for name in names:
        value |= getattr(e, prefix + name)
    return value


def counters():
    return {name: int(open(f'{COUNTERS}/{name}').read()) for name in os.listdir(COUNTERS)}


def listening(port):
    wanted = f':{port:04X}'
    for table in ('/proc/net/tcp', '/proc/net/tcp6'):
        for line in open(table).readlines()[1:]:
            fields = line.split()
            if fields[1].endswith(wanted) and fields[3] == '0A':
                return True
    return False


class Peer:
    def open(self, gid_index, mtu, buffer, access, max_wr=256, service='RC', shared=False):
        self.gid_index, self.mtu = gid_index, mtu
        self.context = Context(name='rxe0')
        self.pd = PD(self.context)
        self.cq = CQ(self.context, 4 * max_wr)
        self.mr = MR(self.pd, buffer, mask(access, 'IBV_ACCESS_'))
        self.access = mask([a for a in access if a != 'LOCAL_WRITE'], 'IBV_ACCESS_')
        cap = QPCap(max_send_wr=max_wr, max_recv_wr=max_wr, max_send_sge=4, max_recv_sge=4, max_inline_data=64)
        self.service = service
        self.srq = SRQ(self.pd, SrqInitAttr(SrqAttr(max_wr=max_wr, max_sge=4))) if shared else None
        kind = getattr(e, 'IBV_QPT_' + service)
        self.qp = QP(self.pd, QPInitAttr(qp_type=kind, scq=self.cq, rcq=self.cq, cap=cap, sq_sig_all=0, srq=self.srq))
        self.gid = self.context.query_gid(1, gid_index).gid
        self.windows, self.routes, self.members = [], [], []
        return {'qpn': self.qp.qp_num, 'gid': self.gid, 'address': self.mr.buf, 'lkey': self.mr.lkey, 'rkey': self.mr.rkey}

    def connect(self, qpn, gid, psn, remote_psn, rd_atomic=16, timeout=17, retry=7, rnr_retry=7, min_rnr=12):
        at = QPAttr(port_num=1)
        at.qp_access_flags = self.access
        self.qp.to_init(at)
        at.path_mtu = MTUS[self.mtu]
        at.rq_psn = remote_psn
        at.dest_qp_num = qpn
        at.ah_attr = AHAttr(gr=GlobalRoute(dgid=GID(gid), sgid_index=self.gid_index), is_global=1, port_num=1)
        if self.service == 'RC':
            at.max_dest_rd_atomic = rd_atomic
            at.min_rnr_timer = min_rnr
        self.qp.to_rtr(at)
        at.sq_psn = psn
        if self.service == 'RC':
            at.timeout, at.retry_cnt, at.rnr_retry, at.max_rd_atomic = timeout, retry, rnr_retry, rd_atomic
        self.qp.to_rts(at)

    def activate(self, qkey, psn):
        """A datagram queue pair, to RTS."""
        at = QPAttr(port_num=1)
        at.qkey = qkey
        self.qp.to_init(at)
        self.qp.to_rtr(at)
        at.sq_psn = psn
        self.qp.to_rts(at)

    def join(self, group, gid):
        """Attaches the queue pair, and has the kernel join the group on the wire, as the connection manager does."""
        six = '.' not in group
        member = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
        index = socket.if_nametoindex('eth0')
        if six:
            member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                              socket.inet_pton(socket.AF_INET6, group) + index.to_bytes(4, sys.byteorder))
        else:
            member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                              socket.inet_aton(group) + bytes(4) + index.to_bytes(4, sys.byteorder))
        self.members.append(member)
        self.attach(bytes(int(part, 16) >> shift & 0xFF for part in gid.split(':') for shift in (8, 0)))

    def attach(self, group):
        """ibv_attach_mcast, which this pyverbs lacks: the kernel's command of that name.  Handles count up over all objects of the
        context, and of another kind than a queue pair they are refused."""
        for handle in range(16):
            try:
                os.write(self.context.cmd_fd, struct.pack('=IHH16sIHH', ATTACH_MCAST, 8, 0, group, handle, 0, 0))
                return
            except OSError as fault:
                refused = fault
        raise refused

    def fill(self, offset, length, seed):
        self.mr.write(pattern(seed, length), length, offset)

    def check(self, offset, length, seed):
        got, want = self.mr.read(length, offset), pattern(seed, length)
        if got != want:
            wrong = [i for i in range(length) if got[i] != want[i]]
            raise ValueError(f'{len(wrong)} of {length} bytes differ, the first at {wrong[0]}')

    def poke(self, offset, value):
        self.mr.write(value.to_bytes(8, sys.byteorder), 8, offset)

    def peek(self, offset):
        return {'value': int.from_bytes(self.mr.read(8, offset), sys.byteorder)}

    def receive(self, wr, offset, length, count=1):
        for k in range(count):
            (self.srq or self.qp).post_recv(RecvWR(wr + k, 1, [SGE(self.mr.buf + offset, length, self.mr.lkey)]))

    def post(self, wr, op, offset=0, length=0, rkey=0, address=0, immediate=0, invalidate=0, compare_add=0, swap=0, flags=(),
             gid=None, qpn=0, qkey=0):
        code = getattr(e, 'IBV_WR_' + op)
        extra = invalidate if code == e.IBV_WR_SEND_WITH_INV else socket.htonl(immediate)
        sges = [SGE(self.mr.buf + offset, length, self.mr.lkey)]
        w = SendWR(wr, code, 1, extra, sges, mask(['SIGNALED', *flags], 'IBV_SEND_'))
        if code in ATOMICS:
            w.set_wr_atomic(rkey, address, compare_add, swap)
        elif code in ONE_SIDED:
            w.set_wr_rdma(rkey, address)
        if gid is not None:
            attr = AHAttr(gr=GlobalRoute(dgid=GID(gid), sgid_index=self.gid_index), is_global=1, port_num=1)
            self.routes.append(AH(self.pd, attr=attr))
            w.set_wr_ud(self.routes[-1], qpn, qkey)
        self.qp.post_send(w)

    def bind(self, wr, offset, length, access):
        """A type 2 window over the buffer, which the other end may invalidate."""
        window = MW(self.pd, e.IBV_MW_TYPE_2)
        w = SendWR(wr, e.IBV_WR_BIND_MW)
        w.set_bind_wr(window, MWBindInfo(self.mr, self.mr.buf + offset, length, mask(access, 'IBV_ACCESS_')))
        self.windows.append(window)
        self.qp.post_send(w)
        return {'rkey': w.rkey}

    def poll(self, count, limit=20.0):
        done, end = [], time.monotonic() + limit
        while len(done) < count:
            n, wcs = self.cq.poll(count - len(done))
            done += wcs
            if not n and time.monotonic() > end:
                raise TimeoutError(f'{len(done)} of {count} completions after {limit} s')
        return {'completions': [self.completion(w) for w in done]}

    @staticmethod
    def completion(w):
        out = {'wr': w.wr_id, 'status': STATUS.get(w.status, str(w.status)), 'opcode': w.opcode, 'length': w.byte_len}
        if w.status == e.IBV_WC_SUCCESS and w.opcode >= e.IBV_WC_RECV:
            if w.wc_flags & e.IBV_WC_WITH_IMM:
                out['immediate'] = socket.ntohl(w.imm_data)
            if w.wc_flags & (e.IBV_WC_WITH_INV | SOFT_ROCE_WITH_INV):
                out['invalidated'] = w.imm_data
        return out

    def state(self):
        attributes, _ = self.qp.query(e.IBV_QP_STATE)
        return {'state': attributes.qp_state}

    def counters(self):
        """Those of the port, too: what a wrong Q_Key or P_Key dropped."""
        self.context = getattr(self, 'context', None) or Context(name='rxe0')
        port = self.context.query_port(1)
        return {'counters': {**counters(), 'qkey_viol_cntr': port.qkey_viol_cntr, 'bad_pkey_cntr': port.bad_pkey_cntr}}

    def listening(self, port):
        return {'listening': listening(port)}


def serve(connection):
    peer = Peer()
    with connection, connection.makefile('rw', encoding='ascii', newline='\n') as lines:
        for line in lines:
            request = json.loads(line)
            name = request.pop('do')
            try:
                answer = {'ok': True, **(getattr(peer, name)(**request) or {})}
            except Exception as fault:
                answer = {'ok': False, 'error': f'{name}: {type(fault).__name__}: {fault}'}
            lines.write(json.dumps(answer) + '\n')
            lines.flush()


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('', int(sys.argv[1])))
    listener.listen(16)
    print('ready', flush=True)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                serve(connection)
            finally:
                os._exit(0)
        connection.close()


main()
