/* CO-RE relocations of three kinds. */
#define CORE __attribute__((preserve_access_index))

struct sk_buff {
	unsigned int other;
	unsigned int priority;
} CORE;

enum { FIELD_EXISTS = 2, TYPE_SIZE = 1 };

__attribute__((section("tc"), used)) int relocated(struct sk_buff *skb)
{
	if (!__builtin_preserve_field_info(skb->priority, FIELD_EXISTS))
		return __builtin_preserve_type_info(*(struct sk_buff *)0, TYPE_SIZE);
	return skb->priority;
}
