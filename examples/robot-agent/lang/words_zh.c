// SPDX-License-Identifier: MIT
/* Chinese: things and how to speak of them. */
#include "words.h"

#define NOUN(...)		{ .form = { __VA_ARGS__ } }
#define CONTAINER(...)		{ .form = { __VA_ARGS__ }, .container = true }
#define HELD_OUT(one)		{ .form = { one }, .held_out = true }
#define HELD_OUT_CONTAINER(one)	{ .form = { one }, .container = true, .held_out = true }

static const struct agent_noun zh_nouns[] = {
	NOUN("方块", "积木"),
	CONTAINER("杯子", "水杯"),
	CONTAINER("盒子", "箱子"),
	NOUN("圆球", "皮球"),
	CONTAINER("托盘", "浅盘"),
	CONTAINER("饭碗", "汤碗"),
	NOUN("盘子", "碟子"),
	NOUN("瓶子", "酒瓶"),
	NOUN("罐子", "铁罐"),
	CONTAINER("篮子", "竹篮"),
	NOUN("钢笔"),
	NOUN("铅笔"),
	NOUN("书本", "图书"),
	NOUN("钥匙"),
	NOUN("硬币", "铜板"),
	NOUN("勺子", "汤匙"),
	NOUN("叉子", "餐叉"),
	NOUN("小刀", "刀子"),
	NOUN("钉子", "铁钉"),
	NOUN("螺栓"),
	NOUN("螺母"),
	NOUN("螺丝"),
	NOUN("齿轮"),
	NOUN("圆环", "铁环"),
	NOUN("圆盘"),
	NOUN("圆锥", "锥体"),
	NOUN("圆柱", "柱体"),
	NOUN("金字塔"),
	NOUN("砖头", "砖块"),
	NOUN("石头", "石块"),
	NOUN("贝壳"),
	NOUN("纽扣", "扣子"),
	NOUN("电池"),
	NOUN("手机", "电话"),
	NOUN("遥控器"),
	NOUN("手表", "腕表"),
	NOUN("手套"),
	NOUN("袜子"),
	NOUN("帽子"),
	NOUN("玩具车", "小车"),
	NOUN("娃娃", "玩偶"),
	NOUN("鸭子"),
	NOUN("苹果"),
	NOUN("梨子"),
	NOUN("西红柿", "番茄"),
	NOUN("土豆", "马铃薯"),
	NOUN("胡萝卜"),
	NOUN("鸡蛋"),
	NOUN("饼干", "曲奇"),
	CONTAINER("坛子"),
	CONTAINER("汤锅", "炖锅"),
	CONTAINER("抽屉"),
	CONTAINER("垃圾桶"),
	CONTAINER("袋子", "布袋"),
	NOUN("胶带"),
	NOUN("绳子", "麻绳"),
	NOUN("毛巾"),
	NOUN("卡片", "纸牌"),
	NOUN("骰子"),
	NOUN("锤子", "榔头"),
	NOUN("改锥"),
	NOUN("尺子", "直尺"),
	NOUN("橡皮擦"),
	NOUN("铃铛"),
	NOUN("芯片"),
	{ .form = { NULL } }
};

static const struct agent_noun zh_nouns_held_out[] = {
	HELD_OUT("扳手"),
	HELD_OUT("海绵"),
	HELD_OUT("蜡烛"),
	HELD_OUT("柠檬"),
	HELD_OUT_CONTAINER("茶壶"),
	HELD_OUT("刷子"),
	HELD_OUT("头盔"),
	HELD_OUT("哨子"),
	HELD_OUT("枕头"),
	HELD_OUT_CONTAINER("水桶"),
	HELD_OUT("香蕉"),
	HELD_OUT("磁铁"),
	HELD_OUT("指南针"),
	HELD_OUT("订书机"),
	HELD_OUT("梳子"),
	HELD_OUT("台灯"),
	{ .form = { NULL } }
};

const struct agent_lexicon agent_chinese_lexicon = {
	.noun = zh_nouns,
	.noun_held_out = zh_nouns_held_out,
	.colour = LIST {
		"红色", "蓝色", "绿色", "黄色", "黑色", "白色", "粉色", "灰色",
		"金色", "褐色", NULL
	},
	.colour_held_out = LIST { "紫色", "青色", "棕色", "橙色", "银色", NULL },
	.attribute = LIST {
		"大号", "小号", "木制", "塑料", "玻璃", "金属", "圆形", "方形",
		"旧式", "新款", "迷你", "空心", NULL
	},
	.thing = LIST { "东西", "物体", "物品", NULL },
	.rel[AGENT_ON] = LIST {
		"上", "上面", "上面", "上边", "的上面", "顶上", "的顶部", NULL
	},
	.rel[AGENT_IN] = LIST {
		"里", "里面", "里面", "里边", "中", "内", "的里面", "当中", NULL
	},
	.rel[AGENT_LEFT_OF] = LIST {
		"左边", "左边", "的左边", "左侧", "的左侧", "左面", "的左面",
		"左手边", NULL
	},
	.rel[AGENT_RIGHT_OF] = LIST {
		"右边", "右边", "的右边", "右侧", "的右侧", "右面", "的右面",
		"右手边", NULL
	},
	.rel[AGENT_IN_FRONT_OF] = LIST {
		"前面", "前面", "的前面", "前边", "的前方", "前方", "跟前", NULL
	},
	.rel[AGENT_BEHIND] = LIST {
		"后面", "后面", "的后面", "后边", "的后方", "后方", "背后", NULL
	},
	.mention[AGENT_BY_NAME] = LIST { "%w", "%w", "%w", "%w", "那个%w", "这个%w", NULL },
	.mention[AGENT_BY_NOUN] = LIST { "%w", "%w", "%w", "那个%w", "这个%w", NULL },
	.mention[AGENT_BY_COLOUR] = LIST {
		"%c的那个", "%c的那个", "那个%c的", "%c的%t", "%c的那个%t",
		"%c的", NULL
	},
	.mention[AGENT_BY_CLAUSE] = LIST {
		"%c的那个%n", "是%c的那个%n", "那个是%c的%n", NULL
	},
	.mention[AGENT_LEFTMOST] = LIST {
		"最左边的%w", "最左边的%w", "左边第一个%w", "最左侧的%w",
		"左起第一个%w", "最靠左的%w", NULL
	},
	.mention[AGENT_RIGHTMOST] = LIST {
		"最右边的%w", "最右边的%w", "右边第一个%w", "最右侧的%w",
		"右起第一个%w", "最靠右的%w", NULL
	},
	.mention[AGENT_ANY] = LIST {
		"任意一个%w", "随便一个%w", "一个%w", "其中一个%w",
		"任何一个%w", NULL
	},
	.mention[AGENT_LEFT_NEIGHBOUR] = LIST {
		"紧挨着%b左边的%t", "紧靠%b左侧的%t", "%b左边紧挨着的%t",
		"%b左邻的%t", NULL
	},
	.mention[AGENT_RIGHT_NEIGHBOUR] = LIST {
		"紧挨着%b右边的%t", "紧靠%b右侧的%t", "%b右边紧挨着的%t",
		"%b右邻的%t", NULL
	},
	.mention[AGENT_OTHER] = LIST {
		"另一个%n", "另外一个%n", "另外那个%n", "剩下的那个%n",
		"另一个", NULL
	},
	.mention[AGENT_PRONOUN] = LIST { "它", "它", "它", "它", "这个", "那个", NULL },
	.mention[AGENT_IN_HAND] = LIST {
		"它", "它", "它", "手里的%t", "手上的%t", "你拿着的%t",
		"夹着的%t", "手中的%t", NULL
	},
	.mention[AGENT_THING_LEFTMOST] = LIST {
		"最左边的%t", "左边第一个%t", "最左侧的%t", "左起第一个%t",
		NULL
	},
	.mention[AGENT_THING_RIGHTMOST] = LIST {
		"最右边的%t", "右边第一个%t", "最右侧的%t", "右起第一个%t",
		NULL
	},
	.mention[AGENT_BOTH] = LIST {
		"两个%w", "两个%w", "这两个%w", "那两个%w", "2个%w", NULL
	},
	.mention[AGENT_THREE] = LIST { "三个%w", "这三个%w", "3个%w", NULL },
	.mention[AGENT_ALL] = LIST {
		"所有%w", "所有的%w", "全部%w", "每个%w", "每一个%w", "全部的%w",
		NULL
	},
	.mention[AGENT_EVERYTHING] = LIST {
		"所有东西", "其他所有东西", "其余的东西", "别的东西",
		"其他东西", NULL
	},
	.list_join = LIST { "和", "、", NULL },
};
