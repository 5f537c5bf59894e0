/* All kinds of BTF in one small object; the layouts that the test expects are asserted here by the compiler. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;
typedef u32 counter_t;

#define SEC(name) __attribute__((section(name), used))
#define OFFSET(type, member) __builtin_offsetof(type, member)

enum color { RED, GREEN = 5, BLUE };
enum sign { MINUS = -1, PLUS = 1 };
enum wide { SMALL = 1, HUGE = 0x100000000ULL };

struct point {
	int x;
	short y;
};

union number {
	u64 whole;
	u8 bytes[8];
	struct point point;
};

struct everything {
	u8 a;
	u64 b;
	_Bool yes;
	char name[8];
	enum color color;
	enum sign sign;
	enum wide wide;
	const volatile counter_t count;
	void *next;
	struct everything *self;
	struct point points[2];
	union number number;
	struct {
		u16 inner;
		union {
			u32 left;
			struct {
				u16 low, high;
			};
		};
	};
	u32 low_bits : 3;
	int signed_bits : 7;
	enum color bit_color : 4;
	u64 wide_bits : 40;
	__int128 huge;
	float ratio;
	double precise;
	u8 matrix[2][3];
};

_Static_assert(sizeof(struct point) == 8, "layout");
_Static_assert(sizeof(union number) == 8, "layout");
_Static_assert(sizeof(struct everything) == 160, "layout");
_Static_assert(OFFSET(struct everything, b) == 8, "layout");
_Static_assert(OFFSET(struct everything, yes) == 16, "layout");
_Static_assert(OFFSET(struct everything, name) == 17, "layout");
_Static_assert(OFFSET(struct everything, color) == 28, "layout");
_Static_assert(OFFSET(struct everything, sign) == 32, "layout");
_Static_assert(OFFSET(struct everything, wide) == 40, "layout");
_Static_assert(OFFSET(struct everything, count) == 48, "layout");
_Static_assert(OFFSET(struct everything, next) == 56, "layout");
_Static_assert(OFFSET(struct everything, self) == 64, "layout");
_Static_assert(OFFSET(struct everything, points) == 72, "layout");
_Static_assert(OFFSET(struct everything, number) == 88, "layout");
_Static_assert(OFFSET(struct everything, inner) == 96, "layout");
_Static_assert(OFFSET(struct everything, left) == 100, "layout");
_Static_assert(OFFSET(struct everything, huge) == 112, "layout");
_Static_assert(OFFSET(struct everything, ratio) == 128, "layout");
_Static_assert(OFFSET(struct everything, precise) == 136, "layout");
_Static_assert(OFFSET(struct everything, matrix) == 144, "layout");

struct never_defined;
typedef int (*callback_t)(struct never_defined *object, int restrict_me);

#define TAG __attribute__((btf_decl_tag("tagged")))
#define TYPE_TAG __attribute__((btf_type_tag("user")))

/* Every member has a value of its own, so that the compiler's idea of the bytes can be compared. */
struct everything example SEC(".data") = {
	.a = 1,
	.b = 0x1122334455667788ULL,
	.yes = 1,
	.name = "tsnctl",
	.color = BLUE,
	.sign = MINUS,
	.wide = HUGE,
	.count = 7,
	.points = { { -1, -2 }, { 3, 4 } },
	.number = { .point = { 5, 6 } },
	.inner = 8,
	.left = 0x00030004,
	.low_bits = 5,
	.signed_bits = -9,
	.bit_color = GREEN,
	.wide_bits = 0xfedcba9876ULL,
	.huge = 1,
	.ratio = 0.5f,
	.precise = -0.25,
	.matrix = { { 1, 2, 3 }, { 4, 5, 6 } },
};

const volatile u64 tai_epoch_ns = 0;
const volatile u32 horizon_ms TAG = 500;
const volatile struct point limits[2] = { { 1, 2 }, { 3, 4 } };
static volatile const u16 hidden = 0x1234;
u64 seen;
u8 flags[3];
int TYPE_TAG *tagged;
callback_t callback;
const char *volatile *restrict words;

SEC("tc") int classify(void *ctx)
{
	seen += tai_epoch_ns + horizon_ms + limits[1].x + hidden;
	flags[1] = example.a;
	return tagged || callback || words ? -1 : 0;
}
