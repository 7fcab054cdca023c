/* What a program weighs that is linked to libc and OpenSSL and does nothing: tests/install/install_test.py. */
int main(void)
{
    return 0;
}
