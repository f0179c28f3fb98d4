"""From a point to its face, exactly: the planar index."""
from struct import Struct
from math import floor
import os
import numpy as np
OUTSIDE=-1
PAGE_BITS=int(os.environ.get('PB','4'))
PS=1<<PAGE_BITS
PM=PS-1
FIRST_PAGE=-2**30
CONTINUE=-2
PER_DEGREE=10_000_000.0
BLOCK=int(os.environ.get('BLK','16384'))
_REC=Struct("8i").unpack_from
class PlanarIndex:
    def __init__(self,table,shift,rows,cols,raster,pages,records):
        self.west=table.origin[0]; self.south=table.origin[1]-1
        # y shifted so that raster begins at 0
        self.shift=shift; self.rows=rows; self.cols=cols
        self.width=cols<<shift; self.height=rows<<shift
        self.raster=raster; self.pages=pages
        records=records.copy()
        records[:,[0,1,3]]+=1
        self.records=records
        self._raster=memoryview(raster.reshape(cols,rows)); self._pages=memoryview(pages.reshape(-1,PS,PS)); self._records=memoryview(records).cast('B')
    def face_at(self,lon,lat):
        try:
            x=floor(lon*PER_DEGREE+0.5)-self.west
            y=floor(lat*PER_DEGREE+0.5)-self.south
            if x<0 or y<0: return OUTSIDE
            shift=self.shift
            v=self._raster[x>>shift,y>>shift]
        except (ValueError,OverflowError,IndexError):
            return OUTSIDE
        if v>=OUTSIDE: return v
        while v<FIRST_PAGE:
            shift-=PAGE_BITS
            v=self._pages[-1073741825-v,x>>shift&PM,y>>shift&PM]
        if v>=OUTSIDE: return v
        at=(-2-v)*32
        while True:
            lo,hi,ax,ay,dx,dy,east,west=_REC(self._records,at)
            if lo<=y<hi and (x-ax)*dy>=(y-ay)*dx: return east
            if west!=CONTINUE: return west
            at+=32
    def faces_at(self,lon,lat):
        lon=np.asarray(lon,float);lat=np.asarray(lat,float)
        out=np.empty(lon.shape,np.int32)
        for a in range(0,len(lon),BLOCK):
            out[a:a+BLOCK]=self._block(lon[a:a+BLOCK],lat[a:a+BLOCK])
        return out
    def _block(self,lon,lat):
        fx=np.floor(lon*PER_DEGREE+0.5)-self.west
        fy=np.floor(lat*PER_DEGREE+0.5)-self.south
        inside=(fx>=0)&(fx<self.width)&(fy>=0)&(fy<self.height)
        if not inside.all():
            fx=np.where(inside,fx,0);fy=np.where(inside,fy,0)
        x=fx.astype(np.int64);y=fy.astype(np.int64)
        sq=(x>>self.shift)*self.rows
        sq+=y>>self.shift
        v=self.raster[sq]
        todo=np.flatnonzero(v<OUTSIDE)
        if len(todo):
            v[todo]=self._resolve(x[todo],y[todo],v[todo])
        if not inside.all():
            v[~inside]=OUTSIDE
        return v
    def _resolve(self,x,y,v):
        shift=self.shift
        t=np.flatnonzero(v<FIRST_PAGE)
        while len(t):
            shift-=PAGE_BITS
            i=(FIRST_PAGE-1-v[t]).astype(np.int64)<<2*PAGE_BITS
            i|=(x[t]>>shift&PM)<<PAGE_BITS
            i|=y[t]>>shift&PM
            w=self.pages[i]
            v[t]=w
            t=t[w<FIRST_PAGE]
        t=np.flatnonzero(v<OUTSIDE)
        at=-2-v[t]
        while len(t):
            r=self.records.take(at,axis=0)
            xx=x[t];yy=y[t]
            hit=(xx-r[:,2])*r[:,5]>=(yy-r[:,3])*r[:,4]
            hit&=yy>=r[:,0]
            hit&=yy<r[:,1]
            f=np.where(hit,r[:,6],r[:,7])
            v[t]=f
            go=np.flatnonzero(f==CONTINUE)
            t=t[go]; at=at[go]+1
        return v
    def memory(self): return dict(raster=self.raster.nbytes/1e6,pages=self.pages.nbytes/1e6,records=self.records.nbytes/1e6)
