// The headers from C++17: formats, signatures, a session. install_test.py includes every header alone, too.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <wamp.h>

static wamp_rc add(void *, wamp_chan *ch)
{
    int64_t a = 0, b = 0;
    if (wamp_args(ch, "a:i b:i", &a, &b))
        return WAMP_E_ARGS;
    return wamp_reply(ch, "i", a + b);
}

static bool formats_work()
{
    const std::string name = "x";
    wamp_val *v = wamp_build("{n:i s:s l:[dbn] y:y}", 7, name.c_str(), 0.5, true, "\1\2", 2);
    bool good = wamp_int(wamp_key(v, "n")) == 7 && !std::strcmp(wamp_str(wamp_key(v, "s")), "x") &&
                wamp_real(wamp_at(wamp_key(v, "l"), 0)) == 0.5 && wamp_len(wamp_key(v, "y")) == 2;
    wamp_drop(&v);
    return good && !wamp_build("i", "no number") && wamp_rc_name(WAMP_E_LOST) == std::string("WAMP_E_LOST");
}

static bool session_works()
{
    wamp_opt opt = {};
    opt.url = std::getenv("WAMP_URL");
    wamp_peer *peer = wamp_open(&opt);
    wamp_val *sum = nullptr;
    bool good = peer && !wamp_register(peer, "add", add, nullptr) && !wamp_call(peer, "add", &sum, "ii", 3, 4) &&
                wamp_int(sum) == 7 && !wamp_publish(peer, "news", nullptr, "s urgent:b", "hello", true);
    wamp_drop(&sum);
    wamp_close(peer);
    return good;
}

int main()
{
    bool formats = formats_work(), session = session_works();
    std::printf("formats %s, session %s\n", formats ? "good" : "bad", session ? "good" : "bad");
    return !(formats && session);
}
